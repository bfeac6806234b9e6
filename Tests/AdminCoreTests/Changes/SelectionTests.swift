import Foundation
import Testing

@testable import AdminCore

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

    static func verdicts(_ filter: String, keep: Int?) throws -> [String] {
        Selection(of: tags, of: "a", try Filter(filter), keep: keep, now: now).choices.map { choice in
            "\(choice.goes ? "goes" : "stays") \(choice.reference) \(choice.reason) \(choice.sharedWith)"
        }
    }

    @Test(
        "the newest stay, by their links' dates; what has no date stays; the rest goes, with the tags that keep its manifest"
    )
    func keep() throws {
        #expect(
            try Self.verdicts("", keep: 2) == [
                "goes a:1.0 it is not one of the newest 2 []",
                "goes a:1.1 it is not one of the newest 2 [\"stable\"]",
                "goes a:1.2 it is not one of the newest 2 [\"latest\"]",
                "stays a:latest it is one of the newest 2 []", "stays a:odd its age is not known []",
                "stays a:stable it is one of the newest 2 []",
            ])
        #expect(try Self.verdicts("", keep: 0).filter { $0.hasPrefix("goes") }.count == 5)
        #expect(try Self.verdicts("", keep: 10).allSatisfy { $0.hasPrefix("stays") })
    }

    @Test("a filter and the newest: both have to let a tag go")
    func both() throws {
        let verdicts = try Self.verdicts("age>150d not name=1.0", keep: 1)
        #expect(
            verdicts == [
                "stays a:1.0 it does not match age>150d and not name=\"1.0\" []",
                "goes a:1.1 it is not the newest, and it matches age>150d and not name=\"1.0\" [\"stable\"]",
                "stays a:1.2 it does not match age>150d and not name=\"1.0\" []", "stays a:latest it is the newest []",
                "stays a:odd its age is not known []",
                "stays a:stable it does not match age>150d and not name=\"1.0\" []",
            ])
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
        let tags = try await planner.selection(ofTagsOf: "stale/never-touched", try Filter("v1 or v2"))
        #expect(tags.references.map(\.description) == ["stale/never-touched:v1", "stale/never-touched:v2"])
        #expect(tags.choices.first?.sharedWith == ["v3"])
    }
}
