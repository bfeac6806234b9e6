import Foundation
import Testing

@testable import Changes
@testable import Registry

@Suite("Changes: selections") struct SelectionTests {
    static let now = Date(timeIntervalSince1970: 1_700_000_000)

    static func tag(_ name: String, _ digest: Int, days: Double?) -> TagSummary {
        TagSummary(
            tag: name, digest: RegistryPool.digest(digest), mediaType: nil, size: 1, created: nil,
            modified: days.map { now.addingTimeInterval(-$0 * 86_400) }, platforms: [], state: .ok)
    }

    static let tags = [
        tag("1.0", 1, days: 300), tag("1.1", 2, days: 200), tag("1.2", 3, days: 100), tag("latest", 3, days: 10),
        tag("odd", 4, days: nil), tag("stable", 2, days: 20),
    ]

    static func verdicts(
        _ tags: [TagSummary] = tags, _ filter: String = "", keep: Int? = nil, tagged: [String] = [],
        by dating: RetentionRule.Dating = .modified, _ change: (inout Retention) throws -> Void = { _ in }
    ) throws -> [String] {
        var retention = Retention([
            RetentionRule(
                keep: keep, keepTags: try tagged.map { try Glob($0, for: .tag) }, filter: try Filter(filter),
                dating: dating)
        ])
        try change(&retention)
        var lines: Set<Int> = []
        return try Selection.choices(tags, of: "a", retention, now: now, matched: &lines).map { choice in
            "\(choice.goes ? "goes" : "stays") \(choice.reference) \(choice.reason) \(choice.sharedWith)"
        }
    }

    /// The names of the tags whose verdict is "goes".
    static func going(_ verdicts: [String]) -> [String] {
        verdicts.filter { $0.hasPrefix("goes ") }.map { String($0.dropFirst(7).prefix { $0 != " " }) }
    }

    static func list(_ text: String) throws -> KeepList { try KeepList(parsing: text.utf8, name: "in-use") }

    @Test("the newest images stay with all their tags, by their links' dates; what has no date stays; the rest goes")
    func keep() throws {
        #expect(
            try Self.verdicts(keep: 2) == [
                "goes a:1.0 it is not one of the newest 2 []",
                "stays a:1.1 it is one of the newest 2 []",
                "stays a:1.2 it is one of the newest 2 []",
                "stays a:latest it is one of the newest 2 []", "stays a:odd its age is not known []",
                "stays a:stable it is one of the newest 2 []",
            ])
        #expect(try Self.going(Self.verdicts(keep: 1)) == ["1.0", "1.1", "stable"])
        #expect(try Self.going(Self.verdicts(keep: 0)) == ["1.0", "1.1", "1.2", "latest", "stable"])
        #expect(try Self.going(Self.verdicts(keep: 10)).isEmpty)
        let undated = [Self.tag("new", 1, days: 1), Self.tag("old", 2, days: 9), Self.tag("odd", 2, days: nil)]
        #expect(
            try Self.verdicts(undated, keep: 1) == [
                "stays a:new it is the newest []", "stays a:old the age of its image is not known []",
                "stays a:odd its age is not known []",
            ])
        #expect(try Self.going(Self.verdicts([Self.tag("odd", 1, days: nil)], keep: 0)).isEmpty)
    }

    @Test(
        "a filter alone chooses tags; with a number of images both have to let a tag go, and an image that stays keeps all its tags"
    )
    func both() throws {
        #expect(
            try Self.verdicts(Self.tags, "age>150d not name=1.0") == [
                "stays a:1.0 it does not match age>150d and not name=\"1.0\" []",
                "goes a:1.1 it matches age>150d and not name=\"1.0\" [\"stable\"]",
                "stays a:1.2 it does not match age>150d and not name=\"1.0\" []",
                "stays a:latest it does not match age>150d and not name=\"1.0\" []",
                "stays a:odd it does not match age>150d and not name=\"1.0\" []",
                "stays a:stable it does not match age>150d and not name=\"1.0\" []",
            ])
        #expect(try Self.going(Self.verdicts(Self.tags, "age>150d", keep: 1)) == ["1.0"])
        #expect(
            try Self.verdicts(Self.tags, "age>150d", keep: 1)[1]
                == "stays a:1.1 it names the same image as stable, which stays []")
    }

    @Test("what any rule keeps stays, and it is said which")
    func union() throws {
        let kept = try Self.verdicts(keep: 0, tagged: ["STABLE", "1.?"])
        #expect(Self.going(kept).isEmpty)
        #expect(kept[3] == "stays a:latest it names the same image as 1.2, which stays []")
        #expect(kept[5] == "stays a:stable tags like STABLE are kept []")
        // A rule that has only patterns lets no tag go; all other rules have to let a tag go.
        let rules = try [("*", 1 as Int?, []), ("a", 2, []), ("**", nil, ["1.0"])].map { pattern, keep, tags in
            RetentionRule(
                repositories: try Glob(pattern, for: .repository), keep: keep,
                keepTags: try tags.map { try Glob($0, for: .tag) })
        }
        let verdicts = try Self.verdicts { $0.rules = Array(rules.prefix(2)) }
        #expect(Self.going(verdicts) == ["1.0"])
        #expect(verdicts[1] == "stays a:1.1 by the rule for a, it is one of the newest 2 []")
        #expect(
            try Self.verdicts { $0.rules = rules }[0] == "stays a:1.0 by the rule for **, tags like 1.0 are kept []")
        #expect(try Self.verdicts { $0.rules = [rules[2]] }[1] == "stays a:1.1 no rule lets anything go []")
    }

    @Test("what is in use stays: tags, digests and their beginnings, parts of an index, in whatever spelling")
    func inUse() throws {
        let hex = RegistryPool.digest(0x1234_5678_9abc).hex
        let index = TagSummary(
            tag: "index", digest: RegistryPool.digest(9), mediaType: nil, size: 1, created: nil,
            modified: Self.now.addingTimeInterval(-1000), platforms: [], state: .ok,
            parts: [RegistryPool.digest(0x1234_5678_9abc)])
        func going(_ text: String) throws -> [String] {
            try Self.going(Self.verdicts(Self.tags + [index], keep: 0) { $0.inUse = try Self.list(text) })
        }
        let all = ["1.0", "1.1", "1.2", "latest", "stable", "index"]
        #expect(try going("b:1.0\n") == all)
        for text in [
            "a:1.1", "\u{feff}# in use\r\n\r\n  docker://host:5000/a:stable # why\r\n",
            "x docker-pullable://r.io/a:1.1@\(RegistryPool.digest(77))",
            "image@\(RegistryPool.digest(2))", "\(RegistryPool.digest(2))", #""\#(RegistryPool.digest(2).hex)","#,
            #"10.0.0.1 "GET /v2/a/manifests/1.1 HTTP/1.1" 200"#,
        ] {
            #expect(try going(text) == ["1.0", "1.2", "latest", "index"], "\(text)")
        }
        for text in ["x@sha256:\(hex)", "sha256:\(hex.prefix(60))", String(hex.prefix(60))] {
            #expect(try going(text) == ["1.0", "1.1", "1.2", "latest", "stable"], "\(text)")
        }
        #expect(try going("localhost/a").isEmpty)
        for text in ["", "# a:1.0", "\n\r\n", "<html>\n", "a:b:c", "a@sha256:xyz", "\0\0"] {
            #expect(throws: ChangeError.self, "\(text)") { try Self.list(text) }
        }
        let list = try Self.list("a:1.1\nb:1\n<x>\nc@\(RegistryPool.digest(1))\n")
        var matched: Set<Int> = []
        _ = try Selection.choices(
            Self.tags, of: "a", Retention([RetentionRule(keep: 0)], inUse: list), now: Self.now, matched: &matched)
        #expect(
            list.report(matched)
                == "of 3 lines in in-use, 2 keep something here, 1 match nothing; 1 line more, such as line 3, name neither an image nor a digest"
        )
    }

    @Test("the images of an index are one with it")
    func index() throws {
        func index(_ name: String, _ digest: Int, days: Double, _ parts: [Int]) -> TagSummary {
            TagSummary(
                tag: name, digest: RegistryPool.digest(digest), mediaType: nil, size: 1, created: nil,
                modified: Self.now.addingTimeInterval(-days * 86_400), platforms: [], state: .ok,
                parts: parts.map(RegistryPool.digest))
        }
        let tags = [
            index("1", 10, days: 30, [11, 12]), index("1-amd64", 11, days: 30, []), index("1-arm64", 12, days: 30, []),
            index("2", 20, days: 20, [21, 12]), index("2-amd64", 21, days: 20, []), index("3", 30, days: 10, [31]),
        ]
        #expect(try Self.going(Self.verdicts(tags, keep: 2)) == ["1", "1-amd64"])
        #expect(
            try Self.verdicts(tags, keep: 1, tagged: ["2"])[2] == "stays a:1-arm64 it is a part of 2, which stays []")
        // A new tag on a part makes the whole index newer.
        #expect(
            try Self.going(Self.verdicts(tags + [index("new", 11, days: 1, [])], keep: 1)) == ["2", "2-amd64", "3"])
    }

    @Test("companions are no images: they go and stay with theirs, whatever their dates and the filter say")
    func companions() throws {
        func companion(_ name: String, _ digest: Int, days: Double, of subject: Int, _ kind: Companion.Kind)
            -> TagSummary
        {
            TagSummary(
                tag: name, digest: RegistryPool.digest(digest), mediaType: nil, size: 1, created: nil,
                modified: Self.now.addingTimeInterval(-days * 86_400), platforms: [], state: .ok,
                companion: Companion(kind: kind, subject: RegistryPool.digest(subject)))
        }
        let tags = [
            Self.tag("1", 1, days: 30), Self.tag("2", 2, days: 20), Self.tag("3", 3, days: 10),
            companion("1.sig", 101, days: 1, of: 1, .signature), companion("1.sig.sbom", 201, days: 1, of: 101, .sbom),
            companion("3.sig", 103, days: 900, of: 3, .signature),
            companion("lost.att", 104, days: 900, of: 99, .attestation),
            companion("round", 105, days: 900, of: 105, .referrer),
        ]
        let verdicts = try Self.verdicts(tags, keep: 2)
        #expect(Self.going(verdicts) == ["1", "1.sig", "1.sig.sbom"])
        #expect(verdicts[4] == "goes a:1.sig.sbom it belongs to 1, which goes []")
        #expect(verdicts[5] == "stays a:3.sig it belongs to 3, which stays []")
        #expect(try Self.going(Self.verdicts(tags, "age>800d")) == ["lost.att", "round"])
        #expect(try Self.going(Self.verdicts(tags, keep: 2) { $0.keepsCompanions = true }) == ["1"])
        #expect(try Self.going(Self.verdicts(tags, keep: 2, tagged: ["*.sbom"])) == ["1", "1.sig"])
        let names = ["sha256-\(RegistryPool.digest(7).hex)", "sha512-\(String(repeating: "a", count: 128))"]
        #expect(names.map { Companion(tag: "\($0).sbom")?.kind } == [.sbom, .sbom])
        #expect(
            ["\(names[0]).SIG", "\(names[0]).sig.old", "sha256-abc.sig", "v-\(names[0])"].allSatisfy {
                Companion(tag: $0) == nil
            })
    }

    @Test("dates that are all the same say nothing: numbers and ages are refused, or go by when the images were made")
    func copied() throws {
        let tags = (1...4).map { (number: Int) -> TagSummary in
            let made = Self.now.addingTimeInterval(Double(number - 10) * 86_400)
            return TagSummary(
                tag: "\(number)", digest: RegistryPool.digest(number), mediaType: nil, size: 1,
                created: number == 4 ? nil : made, modified: Self.now.addingTimeInterval(Double(number)),
                platforms: [], state: .ok)
        }
        for filter in ["age>1d", "modified<2010-01-01", "name~1 or not age<3d"] {
            #expect(throws: ChangeError.self) { try Self.verdicts(tags, filter) }
        }
        #expect(throws: ChangeError.self) { try Self.verdicts(tags, keep: 2) }
        #expect(try Self.going(Self.verdicts(tags, keep: 4)).isEmpty)
        #expect(try Self.going(Self.verdicts(tags, keep: 0)).count == 4)
        #expect(try Self.going(Self.verdicts(tags, "name=1")) == ["1"])
        let verdicts = try Self.verdicts(tags, keep: 2, by: .created)
        #expect(Self.going(verdicts) == ["1"])
        #expect(verdicts[3] == "stays a:4 when it was made is not known []")
        #expect(try Self.going(Self.verdicts(tags, "age>8d", by: .created)) == ["1"])
        // A single image has a single date, so its date is not refused.
        #expect(try Self.going(Self.verdicts(Array(tags.prefix(1)), "age<1d")) == ["1"])
    }

    @Test("patterns are for whole names, whatever the case; what no name can match is refused")
    func globs() throws {
        func matches(_ pattern: String, _ name: String, _ subject: Glob.Subject = .tag) throws -> Bool {
            try Glob(pattern, for: subject).matches(name)
        }
        for (pattern, name) in [
            ("v*", "V1.0"), ("*", "x"), ("?.?", "8.2"), ("[0-9]*", "8.2"), ("[!a-c-]x", "dx"), ("a.b", "a.b"),
        ] {
            #expect(try matches(pattern, name), "\(pattern) \(name)")
        }
        for (pattern, name) in [("v", "v1"), ("v*", "xv1"), ("?.?", "8x2y"), ("a.b", "aXb"), ("[!a-c-]x", "-x")] {
            #expect(try !matches(pattern, name), "\(pattern) \(name)")
        }
        #expect(try matches("team/*", "team/a", .repository) && !matches("team/*", "team/a/b", .repository))
        #expect(try matches("team/**", "team/a/b", .repository) && matches("**", "a/b", .repository))
        for pattern in [
            "", "{a,b}", "a b", "a,b", "[a", "[]", "[z-a]", "x/y", "v1\\*", String(repeating: "a", count: 201),
        ] {
            #expect(throws: GlobProblem.self, "\(pattern)") { try Glob(pattern, for: .tag) }
        }
    }

    @Test("repositories by filter, unique sizes included; the plan is that of the same references")
    func repositories() async throws {
        let pool = try await MemoryPool.fixture()
        let planner = ChangePlanner(registry: pool.registry)
        let selection = try await planner.selection(ofRepositories: try Filter("unique>0 and unique<12K and tags<4"))
        #expect(
            selection.references.map(\.description) == [
                "legacy/schema1", "stale/never-touched", "team/x/deep", "upper-ok.name_1/a",
            ])
        #expect(selection.choices.count == 12)
        let untagged = try await planner.selection(ofRepositories: try Filter("untagged"))
        #expect(untagged.references.map(\.description) == ["stale/old-service"])
        let plan = try await planner.removal(of: selection.references)
        let named = try await planner.removal(
            of: ["legacy/schema1", "stale/never-touched", "team/x/deep", "upper-ok.name_1/a"].compactMap {
                ImageReference($0)
            })
        #expect(plan.targets.map(\.links) == named.targets.map(\.links))
        #expect(plan.impact == named.impact)
        let tags = try await planner.selection(
            ofTagsOf: "stale/never-touched", Retention(try Filter("v1 or v2")))
        #expect(tags.references.map(\.description) == ["stale/never-touched:v1", "stale/never-touched:v2"])
        #expect(tags.choices.first?.sharedWith == ["v3"])
    }
}
