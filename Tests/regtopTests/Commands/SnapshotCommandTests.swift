import Foundation
import Testing

/// `cp`, `snapshot` and `diff`, from the command line to the file.
@Suite struct SnapshotCommandTests {
    @Test func aCopyIsPlannedAskedForAndMade() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let words = ["cp", "app/web:1.0", "team/web:stable", store]
        #expect(try await RegtopProgram.run(words, in: place).status == 64)
        let rehearsal = try await RegtopProgram.run(words + ["--dry-run", "-f", "json"], in: place)
        let plan: [String: Any] = try rehearsal.json()
        #expect(Set(plan.keys) == ["targets", "destination", "impact", "applied", "results", "links"])
        #expect(plan["applied"] as? Bool == false && plan["destination"] as? String == "team/web:stable")
        #expect(try await place.dump(store) == before)
        let run = try await RegtopProgram.run(words + ["--yes"], in: place)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.text.contains("copies no data") && run.text.contains("copied  app/web:1.0"))
        let tags: [[String: Any]] = try await RegtopProgram.run("tags", "team/web", "-f", "json", store, in: place)
            .json()
        #expect(tags.compactMap { $0["tag"] as? String } == ["stable"])
        #expect(tags.allSatisfy { $0["state"] as? String == "ok" })
        let taken = try await RegtopProgram.run("cp", "app/web:1.1", "team/web:stable", "--yes", store, in: place)
        #expect(taken.status == 1 && taken.error.contains("--force"))
        let repository = try await RegtopProgram.run("cp", "app/web", "team/web", "--force", "--yes", store, in: place)
        #expect(repository.status == 1 && repository.error.contains("never merged"))
        #expect(try await RegtopProgram.run("cp", "app/web", "team/web:1", "--yes", store, in: place).status == 64)
        let log = try await RegtopProgram.run("log", store, in: place).text
        #expect(log.contains("copy") && log.contains("app/web:1.0 to team/web:stable"))
    }

    @Test func aSnapshotIsReadOfflineAndCompared() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let made = try await RegtopProgram.run("snapshot", "m", "-f", "json", store, in: place)
        #expect(made.status == 0, "\(made.error)")
        let note: [String: Any] = try made.json()
        #expect(Set(note.keys) == ["file", "store", "pool", "fsid", "taken", "version", "objects", "bytes"])
        let again = try await RegtopProgram.run("snapshot", "m", store, in: place)
        #expect(again.status == 1 && again.error.contains("exists already"))
        let snapshot = "--store=sqlite:m"
        for words in [
            ["repos", "-f", "json"], ["tags", "app/web", "-f", "json"], ["show", "app/web:1.0"], ["ls", "/"],
        ] {
            let expected = try await RegtopProgram.run(words + [store], in: place)
            let run = try await RegtopProgram.run(words + [snapshot], in: place)
            #expect(run.status == 0 && run.text == expected.text, "\(words): \(run.error)")
        }
        for words in [
            ["rm", "app/web:1.0", "--yes"], ["mv", "app/web", "x", "--yes"], ["cp", "app/web", "x", "--yes"],
            ["gc", "--yes"], ["trash", "empty", "--yes"], ["fsck", "--repair", "--yes"],
        ] {
            let run = try await RegtopProgram.run(words + [snapshot], in: place)
            #expect(
                run.status != 0 && run.error.contains("this is a snapshot of"), "\(words): \(run.status) \(run.error)")
        }
        for (words, status) in [(["verify"], 1), (["dump"], 1), (["fsck", "--deep"], 8)] {
            let run = try await RegtopProgram.run(words + [snapshot], in: place)
            #expect(Int(run.status) == status && run.error.contains("has only their sizes"), "\(words): \(run.error)")
        }
        let path =
            "/docker/registry/v2/blobs/sha256/\(Fixture.bigLayer.dropFirst(7).prefix(2))/\(Fixture.bigLayer.dropFirst(7))/data"
        let cat = try await RegtopProgram.run("cat", path, snapshot, in: place)
        #expect(cat.status == 1 && cat.error.contains("this is a snapshot"))
        #expect(
            try await RegtopProgram.run("fsck", snapshot, in: place).status
                == RegtopProgram.run("fsck", store, in: place).status)
        let same = try await RegtopProgram.run("diff", "m", store, in: place)
        #expect(same.status == 0 && same.text.contains("no difference"), "\(same.error)")
        #expect(try await RegtopProgram.run("rm", "--now", "stale/old-service", "--yes", store, in: place).status == 0)
        #expect(try await RegtopProgram.run("cp", "app/web:1.0", "app/web:new", "--yes", store, in: place).status == 0)
        let text = try await RegtopProgram.run("diff", "m", store, in: place).text
        #expect(text.contains("- stale/old-service\n") && text.contains("+ app/web:new\n"))
        let file = String(store.dropFirst("--store=sqlite:".count))
        let found: [String: Any] = try await RegtopProgram.run("diff", "m", file, "-f", "json", in: place).json()
        #expect(Set(found.keys) == ["equal", "before", "after", "repositories", "tags", "sizes"])
        #expect(found["equal"] as? Bool == false)
    }
}
