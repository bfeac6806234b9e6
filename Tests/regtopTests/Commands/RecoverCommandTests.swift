import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import SQLiteStore
@testable import StorageDriver

/// Interrupted changes: `status` reports them, `recover` and every change undo or finish them.
@Suite struct RecoverCommandTests {
    /// Fails every write after a number of writes.
    final class DyingWriter: ObjectWriter {
        private let base: any ObjectWriter
        private let left: Mutex<Int>

        init(_ base: any ObjectWriter, after writes: Int) {
            self.base = base
            left = Mutex(writes)
        }

        func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
            let isAlive = left.withLock { left in
                left -= 1
                return left >= 0
            }
            let dead = StoreError(.cancelled, operation: "write", object: object, errno: 125, reason: "stopped")
            return isAlive ? await base.apply(operation, to: object) : .unknown(dead)
        }
    }

    /// Moves `app/web` to `team/web` in a file and dies after a number of writes.
    private func interrupt(_ store: String, after writes: Int) async throws {
        let file = String(store.dropFirst("--store=sqlite:".count))
        let sqlite = try await SQLiteStore.open(path: file, clock: .system)
        let gone = ChangeOwner(host: "here", process: 0, started: "0", space: "an earlier boot")
        let registry = RegistryReader(storage: StorageReader(objects: sqlite.reader))
        let driver = StorageDriver(
            reader: registry.storage, writer: DyingWriter(sqlite.writer, after: writes),
            policy: JournalPolicy(
                delay: 0, owner: gone, clock: .stopped(at: Date(timeIntervalSince1970: 1_700_000_000))))
        let plan = try await ChangePlanner(registry: registry, policy: driver.policy).move(
            from: try #require(ImageReference("app/web")), to: try #require(ImageReference("team/web")))
        let results = await RegistryAdmin(registry: registry, driver: driver).apply(plan)
        #expect(results.map(\.outcome) == [.failed])
        await sqlite.close()
    }

    /// A fixture with an interrupted move, and its state before.
    private func interrupted(in place: TemporaryPlace, after writes: Int = 30) async throws -> (
        store: String, before: WholeStore
    ) {
        let store = try await place.fixture()
        let before = try await place.dump(store)
        try await interrupt(store, after: writes)
        #expect(try await place.dump(store) != before)
        return (store, before)
    }

    @Test func statusReportsItAndADryRunChangesNothing() async throws {
        let place = try TemporaryPlace()
        let (store, _) = try await interrupted(in: place)
        let middle = try await place.dump(store)
        let status: [String: Any] = try await RegtopProgram.run("status", "-f", "json", store, in: place).json()
        let journal = try #require(status["journal"] as? [String: Int])
        #expect(
            journal == [
                "interrupted": 1, "inProgress": 0, "waiting": 0, "watching": 0, "due": 0, "gone": 0, "unreadable": 0,
            ])
        let text = try await RegtopProgram.run("status", store, in: place).text
        #expect(text.contains("1 interrupted: see `regtop recover --dry-run`"))
        let dry = try await RegtopProgram.run("recover", "--dry-run", store, in: place)
        #expect(dry.status == 0)
        #expect(
            dry.text == """
                1 interrupted: `regtop recover` undoes it, or finishes it if only cleaning up is left
                  move app/web to team/web, begun 2023-11-14T22:13:20Z

                """)
        let rm = try await RegtopProgram.run("rm", "stale/old-service", "--dry-run", store, in: place)
        #expect(rm.status == 0 && rm.error.contains("1 interrupted change"))
        let asked = try await RegtopProgram.run("recover", store, in: place)
        #expect(asked.status == 64)
        #expect(try await place.dump(store) == middle)
    }

    /// The writer dies half-way through the destinations, or half-way through the sources.
    @Test(arguments: [8, 30, 45, 60])
    func recoverUndoesAnInterruptedMove(_ writes: Int) async throws {
        let place = try TemporaryPlace()
        let (store, before) = try await interrupted(in: place, after: writes)
        let run = try await RegtopProgram.run("recover", "--yes", "-f", "json", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let json: [String: Any] = try run.json()
        #expect(Set(json.keys) == ["targets", "applied", "results"])
        #expect((json["targets"] as? [[String: Any]])?.map { $0["what"] as? String } == ["move app/web to team/web"])
        #expect((json["results"] as? [[String: Any]])?.contains { $0["outcome"] as? String == "undone" } == true)
        #expect(try await place.dump(store) == before, "everything is where it was")
        let again = try await RegtopProgram.run("recover", "--yes", store, in: place)
        #expect(again.status == 0 && again.text == "nothing is pending\n")
    }

    @Test func theNextChangeFirstUndoesAnInterruptedMove() async throws {
        let place = try TemporaryPlace()
        let (store, _) = try await interrupted(in: place)
        let run = try await RegtopProgram.run("mv", "app/web", "team/web", "--yes", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.contains("a change that was interrupted is taken back: move app/web to team/web"))
        let names = try await RegtopProgram.run("repos", store, in: place).text
        #expect(names.contains("team/web") && !names.contains("app/web"))
        let tags: [[String: Any]] = try await RegtopProgram.run("tags", "team/web", "-f", "json", store, in: place)
            .json()
        #expect(!tags.isEmpty && tags.allSatisfy { $0["state"] as? String == "ok" })
    }

    @Test func anUnreadableIntentStopsEveryChange() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let sqlite = try await SQLiteStore.open(path: String(store.dropFirst("--store=sqlite:".count)), clock: .system)
        let outcome = await sqlite.writer.apply(
            WriteOperation([.setOmap(["00-new": Array(#"{"format":7}"#.utf8)])]), to: Journal.object)
        #expect(outcome == .applied)
        await sqlite.close()
        let before = try await place.dump(store)
        for words in [["rm", "stale/old-service"], ["mv", "app/web", "x"], ["recover"]] {
            let run = try await RegtopProgram.run(words + ["--yes", store], in: place)
            #expect(run.status == 1, "\(words)")
            #expect((run.error + run.text).contains("it was written in format 7, by another version of regtop"))
        }
        #expect(try await place.dump(store) == before)
    }
}
