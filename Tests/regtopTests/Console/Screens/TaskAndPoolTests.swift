import Synchronization
import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import Inspection
@testable import ObjectStore
@testable import SQLiteStore
@testable import SafeText
@testable import SampleRegistry
@testable import StorageDriver
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct TasksScreenTests {
    /// A console whose first screen scans until the test ends the scan.
    private func bench() -> (Bench, AsyncStream<Void>.Continuation) {
        let bench = Bench()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        bench.screen.work = { reporter in
            reporter.progress(TaskProgress(done: 3, total: 12, unit: "repositories"))
            reporter.emit(1)
            for await _ in gate { break }
            try Task.checkCancellation()
        }
        return (bench, opener)
    }

    private func text(_ bench: Bench) -> String { bench.console.frame(Size(rows: 20, columns: 119)).text }

    @Test func showsProgressAndTheEnd() async {
        let (bench, opener) = bench()
        bench.press(.character("u"))
        await bench.settle { !bench.screen.found.isEmpty }
        bench.console.perform(.go(TasksScreen(bench.console.board)))
        #expect(text(bench).contains("1 running"))
        #expect(text(bench).contains(/scanning +running +3 of 12 repositories/))
        opener.finish()
        await bench.settle { bench.console.board.busy == 0 }
        #expect(text(bench).contains(/scanning +done +3 of 12 repositories/))
        #expect(text(bench).contains("0 running"))
    }

    @Test func tasksCanBeCancelled() async {
        let (bench, _) = bench()
        bench.press(.character("u"))
        await bench.settle { !bench.screen.found.isEmpty }
        bench.console.perform(.go(TasksScreen(bench.console.board)))
        _ = text(bench)
        bench.press(.character("x"))
        #expect(bench.console.board.busy == 0)
        #expect(text(bench).contains(/scanning +stopped/))
    }

    @Test func failedTasksTellWhy() async {
        let bench = Bench()
        bench.screen.work = { _ in
            throw StoreError(.unreachable, operation: "read", errno: 110, reason: "nobody answers")
        }
        bench.press(.character("u"))
        await bench.settle { bench.console.board.busy == 0 }
        bench.console.perform(.go(TasksScreen(bench.console.board)))
        #expect(text(bench).contains(/scanning +failed/))
        #expect(text(bench).contains("nobody answers"))
    }

    /// The list is limited, and has no housekeeping.
    @Test func remembersTheLastTasks() async {
        let bench = Bench()
        let board = bench.console.board
        for number in 0..<(TaskBoard.memory + 5) {
            var query = Query.value(Slot(bench.screen, "x"), "task \(number)") {
                1
            } then: { _ in
                .none
            }
            query.isHousekeeping = number.isMultiple(of: 2)
            #expect(board.start(query))
            _ = board.cancel(query.slot)
        }
        #expect(board.finished.count == TaskBoard.memory / 2 + 2)
        #expect(board.finished.first?.label == "task \(TaskBoard.memory + 3)")
    }
}

@MainActor @Suite(.timeLimit(.minutes(15))) struct PoolScreenTests {
    /// The sample with placements on three OSDs.
    private struct PlacedReader: ObjectReader {
        let base: any ObjectReader

        var load: StoreLoad { base.load }

        func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
            try await base.read(operation, of: object)
        }

        func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
            try await base.enumerate(scope, slices: slices)
        }

        func placement(of object: ObjectID) async throws -> Placement? {
            let group = object.name.bytes.reduce(0) { ($0 + Int($1)) % 8 }
            return Placement(placementGroup: "2.\(group)", osds: group < 6 ? [0, 1] : [2, 0])
        }

        func status() async throws -> StoreStatus {
            var status = try await base.status()
            status.health = "HEALTH_WARN"
            return status
        }
    }

    @Test func aSampleIsSpreadOverTheOSDs() async throws {
        let sample = try SQLiteStore.inMemory(clock: .test)
        try await SampleRegistry.make(in: sample.reader, sample.writer)
        let taken = try #require(try await PlacementSample.take(PlacedReader(base: sample.reader), limit: 100))
        #expect(taken.objects <= 100 && taken.objects >= 80)
        #expect(taken.placementGroups == 8)
        #expect(taken.shares.map(\.osd) == [0, 1, 2])
        #expect(taken.shares[0].objects == taken.objects)
        #expect(taken.shares[1].objects + taken.shares[2].objects == taken.objects)
        #expect(taken.shares.map(\.primary).reduce(0, +) == taken.objects)
        #expect(try await PlacementSample.take(sample.reader) == nil)
        await sample.close()
    }

    @Test func theScreenShowsBars() async throws {
        let sample = try SQLiteStore.inMemory(clock: .test)
        try await SampleRegistry.make(in: sample.reader, sample.writer)
        let store = OpenStore(
            Session(
                name: "sample", reader: PlacedReader(base: sample.reader), writer: nil,
                chunkSize: StorageReader.defaultChunkSize, journal: JournalPolicy(delay: 0, clock: .test)
            ) { await sample.close() })
        let ping = Ping()
        let console = Console(
            root: PoolScreen(store), board: TaskBoard { ping.send() }, readOnlyReason: nil, header: { store.header })
        console.start()
        let size = Size(rows: 24, columns: 80)
        while console.board.busy > 0 {
            for await _ in ping.stream { break }
            console.drain()
        }
        let text = console.frame(size).text
        #expect(text.contains("Pool  HEALTH_WARN"))
        #expect(text.contains(/> +0 +256 +█+ +100 %/))
        #expect(text.contains(/\n +1 +\d+ +█+/))
        await store.session.close()
    }
}

@MainActor @Suite(.timeLimit(.minutes(15))) struct RenamedPoolTests {
    @Test func theHeaderAndTheCommandsHaveTheNewName() throws {
        final class Name: Sendable {
            let text = Mutex("old")
        }
        let sample = try SQLiteStore.inMemory(clock: .test)
        let name = Name()
        let session = Session(
            name: "pool \(name.text.withLock { $0 })", pool: { name.text.withLock { $0 } }, reader: sample.reader,
            writer: nil, chunkSize: StorageReader.defaultChunkSize, journal: JournalPolicy(delay: 0, clock: .test)
        ) { await sample.close() }
        let store = OpenStore(session, words: ["-p", "old", "-n", "client.x"])
        let unnamed = OpenStore(session, words: ["-n", "client.x"])
        name.text.withLock { $0 = "new" }
        #expect(store.header.items.contains { $0.text == "pool new" })
        #expect(store.words == ["-p", "new", "-n", "client.x"])
        #expect(unnamed.words == ["-n", "client.x"])
    }
}

@MainActor @Suite(.timeLimit(.minutes(15))) struct CommandLineTextTests {
    @Test func wordsAreQuotedForAShell() {
        #expect(CommandLineText.of(["tags", "app/web"]) == "regtop tags app/web")
        #expect(CommandLineText.of(["ls", "/a b'c", ""]) == "regtop ls '/a b'\\''c' ''")
        #expect(CommandLineText.of(["ls", "$(reboot)"]) == "regtop ls '$(reboot)'")
    }

    /// The same key twice copies the command line; each kind of text has the same key everywhere.
    @Test func yOffersEverythingThatCanBeCopied() async throws {
        let bench = try await ScreenBench()
        await bench.find("ml/weights")
        await bench.press(.enter, .character("y"))
        #expect(bench.console.clipboard == nil && bench.text.contains("── Copy ──"))
        #expect(bench.text.contains("> y  command line  regtop tags ml/weights"))
        await bench.press(.character("y"))
        #expect(bench.status == "regtop tags ml/weights")
        #expect(bench.console.clipboard == "regtop tags ml/weights")
        let name = try #require(RepositoryName("ml/weights"))
        let digest = try #require(try await bench.store.session.registry.pass().tag("2015-11", of: name).digest)
        let link = "/docker/registry/v2/repositories/ml/weights/_manifests/tags/2015-11/current/link"
        for (key, text) in [("Y", "ml/weights:2015-11"), ("d", digest.string), ("p", link)] {
            await bench.press(.character("y"), .character(Character(key)))
            #expect(bench.console.clipboard == text)
        }
        await bench.press(.character("y"), .down, .down, .down, .enter)
        #expect(bench.console.clipboard == "ml/weights@\(digest)")
        await bench.press(.character("y"), .escape)
        #expect(bench.status == "Nothing was copied.")
        await bench.press(.character(":"))
        await bench.type("command-line")
        await bench.press(.enter)
        #expect(bench.console.clipboard == "regtop tags ml/weights")
    }

    /// A directory and a chunk are objects; where only one text can be copied, nothing is asked.
    @Test func objectsAreCopied() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("t"), .character("y"), .character("o"))
        #expect(bench.console.clipboard == StorageReader.directory(try StoragePath("/docker")).description)
        await bench.press(.character("o"), .character("y"))
        #expect(bench.console.clipboard == StorageReader.directory(try StoragePath("/docker")).description)
        await bench.press(.escape, .escape)
        await bench.find("ml/weights")
        await bench.press(.enter, .enter, .enter, .character("y"), .character("o"))
        #expect(bench.console.clipboard?.hasSuffix("-0") == true)
        await bench.press(.character("y"), .character("d"))
        #expect(bench.console.clipboard?.hasPrefix("sha256:") == true)
    }

    /// `Y` copies the row: a name, a reference or a path.
    @Test func rowsAreCopied() async throws {
        let bench = try await ScreenBench()
        await bench.find("ml/weights")
        await bench.press(.character("Y"))
        #expect(bench.console.clipboard == "ml/weights")
        await bench.press(.enter, .character("Y"))
        #expect(bench.console.clipboard == "ml/weights:2015-11" && bench.status == "ml/weights:2015-11")
        await bench.press(.character("t"), .character("Y"))
        #expect(bench.console.clipboard == "/docker/registry/v2/repositories/ml/weights/_layers")
    }

    /// Wherever the name is not the first column, `Y` copies the name as well, or the digest.
    @Test func theNameIsCopiedNotTheFirstColumn() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("b"))
        await bench.find("app/web")
        await bench.press(.character("Y"))
        #expect(bench.console.clipboard == "app/web")
        await bench.press(.enter, .character("Y"))
        #expect(bench.console.clipboard?.hasPrefix("app/web:") == true)
        await bench.press(.enter, .character("Y"))
        let digest = try #require(bench.console.clipboard.flatMap { Digest($0) })
        await bench.press(.character("y"), .character("p"))
        #expect(bench.console.clipboard == bench.store.session.registry.paths.blob(digest).string)
        await bench.press(.escape, .escape, .escape)
        bench.console.clipboard = nil
        await bench.find("\"(uploads)\"")
        await bench.press(.character("Y"))
        #expect(bench.console.clipboard == nil && bench.status == "There is no name to copy here.")
        await bench.press(.escape, .escape)
        await bench.find("attic/cron")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.character("L"), .character("Y"))
        #expect(bench.console.clipboard == "attic/cron")
        // Tab completes names, and not what the first column has.
        await bench.press(.escape, .escape, .character("b"), .character("/"))
        await bench.type("ml/w")
        await bench.press(.tab)
        #expect(bench.text.contains("/ml/weights"))
    }

    @Test func storesAreNamedAsOnTheCommandLine() {
        var options = SessionOptions(location: .sqlite(path: "a b.db"))
        #expect(StoreWords.of(options) == ["--store", "sqlite:a b.db"])
        options.location = .rados
        options.rados.pool = "registry"
        options.rados.client = "client.x"
        #expect(StoreWords.of(options) == ["-p", "registry", "-n", "client.x"])
    }
}
