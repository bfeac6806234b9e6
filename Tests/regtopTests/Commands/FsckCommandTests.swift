import Foundation
import Testing

@testable import AdminCore

/// The program finds damage and repairs it.
@Suite struct FsckCommandTests {
    private func kinds(_ run: ProgramRun) throws -> [String] {
        let json: [String: Any] = try run.json()
        let problems = try #require(json["problems"] as? [[String: Any]])
        return problems.compactMap { $0["kind"] as? String }
    }

    @Test func theFixtureIsDamagedThenRepairedThenClean() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let found = try await RegtopProgram.run("fsck", "-f", "json", store, in: place)
        #expect(found.status == 4)
        let json: [String: Any] = try found.json()
        let problems = try #require(json["problems"] as? [[String: Any]])
        let errors = problems.filter { $0["severity"] as? String == "error" }
        #expect(errors.compactMap { $0["kind"] as? String } == ["long-chunk", "missing-layer-link"])
        #expect(errors.compactMap { $0["repair"] as? String } == ["rearrange", "write-link"])
        #expect(Set(problems[0].keys) == ["kind", "severity", "path", "blob", "object", "detail", "repair"])
        let checked = try #require(json["checked"] as? [String: Any])
        #expect(checked["objects"] as? Int == 480)
        #expect(json["stopped"] is NSNull)
        #expect(try await place.dump(store) == before, "looking changes nothing")

        let dry = try await RegtopProgram.run("fsck", "--repair", "--dry-run", store, in: place)
        #expect(dry.status == 4)
        #expect(dry.text.contains("repair  long-chunk"))
        #expect(try await place.dump(store) == before)

        let repaired = try await RegtopProgram.run("fsck", "--repair", "--yes", "-f", "json", store, in: place)
        #expect(repaired.status == 1, "\(repaired.error)")
        let outcome: [String: Any] = try repaired.json()
        #expect(outcome["left"] as? Int == 0)
        let repairs = try #require(outcome["repairs"] as? [String: Any])
        let results = try #require(repairs["results"] as? [[String: Any]])
        #expect(results.compactMap { $0["outcome"] as? String } == ["done", "done"])

        let again = try await RegtopProgram.run("fsck", "--deep", store, in: place)
        #expect(again.status == 0, "\(again.text)")
        let blob = try await RegtopProgram.run("chunks", Fixture.damagedLayer, "-f", "json", store, in: place)
        let chunks: [String: Any] = try blob.json()
        #expect(chunks["state"] as? String == "ok")
    }

    @Test func withoutATerminalARepairNeedsYes() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        #expect(try await RegtopProgram.run("fsck", "--repair", store, in: place).status == 64)
        #expect(try await RegtopProgram.run("fsck", "--repair", "--read-only", "--yes", store, in: place).status == 8)
        #expect(try await RegtopProgram.run("fsck", "long-chunk", store, in: place).status == 64)
        let wrong = try await RegtopProgram.run("fsck", "--repair", "--yes", "everything", store, in: place)
        #expect(wrong.status == 64)
        #expect(wrong.error.contains("stale-upload"))
        #expect(try await place.dump(store) == before)
    }

    /// Status 8 is as in fsck(8), where 1 means a repair.
    @Test func aRunThatCannotBeginEndsWith8() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let missing = try await RegtopProgram.run("fsck", "--store", "sqlite:\(place.path)/nothing.db", in: place)
        #expect(missing.status == 8 && missing.output.isEmpty)
        let wrong = try await RegtopProgram.run("fsck", "--repair", "--yes", "--chunk-size", "8M", store, in: place)
        #expect(wrong.status & 8 == 8, "\(wrong.error)")
    }

    @Test func onlyTheNamedKindsAreRepaired() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run(
            "fsck", "--repair", "missing-layer-link", "--yes", "-f", "json", store, in: place)
        #expect(run.status == 5)
        let again = try await RegtopProgram.run("fsck", "-f", "json", store, in: place)
        let left = try kinds(again)
        #expect(left.contains("long-chunk") && !left.contains("missing-layer-link"))
    }

    @Test func graceDeterminesWhichFilesAreYoung() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let usual = try kinds(await RegtopProgram.run("fsck", "-f", "json", store, in: place))
        let strict = try kinds(await RegtopProgram.run("fsck", "--grace", "0", "-f", "json", store, in: place))
        #expect(!usual.contains("stale-upload"))
        #expect(strict.filter { $0 == "stale-upload" }.count == 2)
        let run = try await RegtopProgram.run(
            "--grace", "0", "fsck", "--repair", "stale-upload", "empty-repository", "--yes", store, in: place)
        #expect(run.status == 5, "\(run.error)")
        let trash = try await RegtopProgram.run("trash", "ls", "-f", "json", store, in: place)
        let items: [[String: Any]] = try trash.json()
        #expect(items.count == 3)
        let left = try kinds(await RegtopProgram.run("fsck", "--grace", "0", "-f", "json", store, in: place))
        #expect(Set(left) == ["long-chunk", "missing-layer-link"])
    }
}
