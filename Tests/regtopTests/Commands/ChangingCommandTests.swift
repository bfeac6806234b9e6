import Foundation
import Testing

/// The effects of `rm`, `mv` and `load`.
@Suite struct ChangingCommandTests {
    @Test func dryRunShowsAndChangesNothing() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        for words in [
            ["rm", "stale/old-service", "app/web:1.0"], ["rm", "app/web:1.0", "--read-only"], ["mv", "app/web", "c"],
            ["mv", "app/web:1.0", "app/web:new"],
        ] {
            let run = try await RegtopProgram.run(words + ["--dry-run", "-f", "json", store], in: place)
            #expect(run.status == 0, "\(run.error)")
            let plan: [String: Any] = try run.json()
            #expect(plan["applied"] as? Bool == false)
            #expect((plan["results"] as? [Any])?.isEmpty == true)
        }
        #expect(try await place.dump(store) == before)
    }

    @Test func aRemovalPrintsJSON() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("rm", "stale/old-service", "--yes", "-f", "json", store, in: place)
        #expect(run.status == 0)
        let plan: [String: Any] = try run.json()
        #expect(Set(plan.keys) == ["targets", "impact", "applied", "results"])
        #expect(plan["targets"] as? [String] == ["stale/old-service"])
        let impact = try #require(plan["impact"] as? [String: Any])
        for key in ["bytes", "objects", "reclaimable"] { #expect(impact[key] is NSNumber, "\(key)") }
        let results = try #require(plan["results"] as? [[String: Any]])
        #expect(results.map { Set($0.keys) } == [["target", "outcome", "error"]])
        #expect(results[0]["outcome"] as? String == "done")
        #expect(results[0]["error"] is NSNull)
        let names = try await RegtopProgram.run("repos", "-f", "json", store, in: place).text
        #expect(!names.contains("stale/old-service"))
    }

    @Test func aTagIsRemovedWithoutItsManifest() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        let digest = try files.addImage("app", tags: ["1.0", "latest", "stable"])
        let store = try await place.store(files)
        let run = try await RegtopProgram.run("rm", "app:1.0", "--yes", store, in: place)
        #expect(run.status == 0)
        #expect(run.text.contains("tags of the same manifests that stay: app:latest, app:stable"))
        let tags: [[String: Any]] = try await RegtopProgram.run("tags", "app", "-f", "json", store, in: place).json()
        #expect(tags.compactMap { $0["tag"] as? String } == ["latest", "stable"])
        #expect(tags.allSatisfy { $0["digest"] as? String == digest && $0["state"] as? String == "ok" })
    }

    /// Rules are a number of images, a file of images in use, and the rules of the configuration.
    /// Each prints a reason for every tag.
    @Test func tagsAreRemovedByRules() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        let digest = try files.addImage("app", tags: ["1.0", "latest"])
        let signature = "sha256-\(digest.dropFirst(7)).sig"
        try files.addImage("app", tags: [signature], seed: "signature")
        try files.addImage("app", tags: ["2.0"], seed: "other")
        let store = try await place.store(files)
        let tags: [[String: Any]] = try await RegtopProgram.run("tags", "app", "-f", "json", store, in: place).json()
        let companions = tags.map { $0["companion"] as? [String: String] }
        #expect(companions.compactMap(\.self) == [["kind": "sig", "subject": digest]])
        #expect(try await RegtopProgram.run("tags", "app", store, in: place).text.contains("COMPANION"))
        let list = "\(place.path)/in-use"
        try "2.0\n# nothing\n app:2.0 # why\r\n".write(toFile: list, atomically: true, encoding: .utf8)
        func goes(_ words: String...) async throws -> [String: Bool] {
            let run = try await RegtopProgram.run(["rm", "--dry-run", "-f", "json", store] + words, in: place)
            #expect(run.status == 0, "\(run.error)")
            let plan: [String: Any] = try run.json()
            let selection = try #require(plan["selection"] as? [[String: Any]])
            #expect(selection.allSatisfy { ($0["reason"] as? String)?.isEmpty == false })
            return try selection.reduce(into: [:]) {
                $0[try #require($1["target"] as? String)] = $1["goes"] as? Bool
            }
        }
        let expected = ["app:1.0": true, "app:latest": true, "app:2.0": false, "app:\(signature)": true]
        #expect(try await goes("--tags-of", "app", "--keep", "0", "--keep-file", list) == expected)
        #expect(try await goes("--tags-of", "app", "--keep", "0", "--keep-tag", "2*") == expected)
        let kept = try await goes("--tags-of", "app", "--keep", "0", "--keep-tag", "2*", "--keep-companions")
        #expect(kept == expected.merging(["app:\(signature)": false]) { $1 })
        let copied = try await RegtopProgram.run("rm", "--tags-of", "app", "--keep", "1", "--yes", store, in: place)
        #expect(copied.status == 1 && copied.error.contains("--by created"))
        for words in [
            ["--tags-of", "app", "--keep-tag", "2*"], ["--keep-tag", "2*", "app"], ["--policy", "--keep", "1"],
        ] {
            #expect(
                try await RegtopProgram.run(["rm", "--dry-run", store] + words, in: place).status == 64, "\(words)")
        }
        try "<html>\n".write(toFile: list, atomically: true, encoding: .utf8)
        let refused = try await RegtopProgram.run(
            "rm", "--tags-of", "app", "--keep", "0", "--keep-file", list, "--yes", store, in: place)
        #expect(refused.status == 1 && refused.error.contains("no list of images in use"))
        #expect(try await RegtopProgram.run("rm", "--policy", "--yes", store, in: place).status == 1)
    }

    @Test func aManifestIsRemovedWithItsTagsWhichThePlanNames() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        let digest = try files.addImage("app", tags: ["1.0", "latest"])
        try files.addImage("app", tags: ["other"], seed: "other")
        let store = try await place.store(files)
        let run = try await RegtopProgram.run("rm", "app@\(digest)", "--yes", store, in: place)
        #expect(run.status == 0)
        #expect(run.text.contains("tags lost: app:1.0, app:latest"))
        let tags: [[String: Any]] = try await RegtopProgram.run("tags", "app", "-f", "json", store, in: place).json()
        #expect(tags.compactMap { $0["tag"] as? String } == ["other"])
    }

    @Test(arguments: [["rm", "a"], ["mv", "a", "c"]])
    func repositoriesBelowARepositoryStay(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        try files.addImage("a", tags: ["1"], seed: "upper")
        try files.addImage("a/x", tags: ["1", "2"], seed: "lower")
        let store = try await place.store(files)
        let before = try await place.dump(store)
        #expect(try await RegtopProgram.run(words + ["--yes", store], in: place).status == 0)
        let after = try await place.dump(store)
        for path in ["/docker/registry/v2/repositories/a/x", "/docker/registry/v2/blobs"] {
            let kept = before.lines(below: path)
            let isKept = after.lines(below: path) == kept
            #expect(!kept.isEmpty && isKept)
        }
        #expect(before != after)
        let names: [[String: Any]] = try await RegtopProgram.run("repos", "-f", "json", store, in: place).json()
        #expect(names.compactMap { $0["name"] as? String } == (words[0] == "rm" ? ["a/x"] : ["a/x", "c"]))
    }

    @Test func moveNeverMergesAndForceReplacesTagsOnly() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let merge = try await RegtopProgram.run("mv", "app/web", "team/x/deep", "--force", "--yes", store, in: place)
        #expect(merge.status == 1)
        #expect(merge.error.contains("team/x/deep exists already"))
        let tag = try await RegtopProgram.run("mv", "app/web:1.0", "app/web:1.1", "--yes", store, in: place)
        #expect(tag.status == 1)
        #expect(tag.error.contains("--force"))
        let forced = try await RegtopProgram.run(
            "mv", "app/web:1.0", "app/web:1.1", "--force", "--yes", "-f", "json", store, in: place)
        #expect(forced.status == 0)
        let plan: [String: Any] = try forced.json()
        #expect(plan["destination"] as? String == "app/web:1.1")
    }

    @Test func readOnlyChangesNothing() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("rm", "app/web:1.0", "--yes", "--read-only", store, in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("--read-only"))
        #expect(try await place.dump(store) == before)
    }

    @Test func aChangeWithoutATerminalNeedsYes() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        for words in [["rm", "app/web:1.0"], ["mv", "app/web", "c"]] {
            let run = try await RegtopProgram.run(words + [store], input: "y\n", in: place)
            #expect(run.status == 64)
            #expect(run.error.contains("--yes"))
        }
        #expect(try await place.dump(store) == before)
    }

    @Test(arguments: [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1), ("sure\n", 1), ("\u{04}", 1), ("\u{03}", 130)])
    func theQuestionIsAnsweredOnATerminal(_ answer: String, _ status: Int) async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await TerminalSession.run(
            ["rm", "stale/old-service", store], waitingFor: "[y/N]", answering: answer, in: place)
        #expect(Int(run.status) == status, "\(run.text)")
        #expect(run.text.contains("reclaimable later: 213 B"))
        #expect(run.text.contains("goes to the trash, can be restored"))
        #expect((try await place.dump(store) == before) == (status != 0))
        if status == 1 { #expect(run.text.contains("nothing was changed")) }
    }

    @Test func aReferenceToNothingIsAnError() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        for words in [
            ["rm", "nope", "--yes"], ["rm", "app/web:nope", "--yes"], ["mv", "nope", "b", "--yes"], ["tags", "nope"],
            ["show", "app/web:nope"], ["show", "nope"], ["chunks", "sha256:\(String(repeating: "0", count: 64))"],
            ["chunks", "app/web:nope"], ["stat", "/nope"], ["ls", "/nope"], ["cat", "/nope"],
        ] {
            let run = try await RegtopProgram.run(words + [store], in: place)
            #expect(run.status == 1, "\(words)")
            #expect(run.output.isEmpty)
            #expect(run.error.hasPrefix("regtop: ") && run.error.filter { $0 == "\n" }.count == 1, "\(run.error)")
        }
    }

    @Test func aMissingTargetPreventsTheWholeChange() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("rm", "app/web:1.0", "nope", "--yes", store, in: place)
        #expect(run.status == 1)
        #expect(try await place.dump(store) == before)
    }

    @Test func aWrongChunkSizeBlocksChanges() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("rm", "app/web:1.0", "--yes", "--chunk-size", "1M", store, in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("4194304") && run.error.contains("1048576"))
    }

    @Test func thousandsOfTagsOnOneDigestAreRemoved() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        let digest = try files.addImage("big", tags: (0..<1500).map { "t\($0)" })
        let store = try await place.store(files)
        let tags: [[String: Any]] = try await RegtopProgram.run("tags", "big", "-f", "json", store, in: place).json()
        #expect(tags.count == 1500)
        #expect(tags.allSatisfy { $0["digest"] as? String == digest && $0["state"] as? String == "ok" })
        let run = try await RegtopProgram.run("rm", "big@\(digest)", "--yes", "-f", "json", store, in: place)
        #expect(run.status == 0)
        let plan: [String: Any] = try run.json()
        #expect(((plan["impact"] as? [String: Any])?["tags"] as? [Any])?.count == 1500)
        let left: [[String: Any]] = try await RegtopProgram.run("repos", "-f", "json", store, in: place).json()
        #expect(left.first?["tags"] as? Int == 0)
        #expect(left.first?["state"] as? String == "untagged")
    }
}
