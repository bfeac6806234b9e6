import Synchronization
import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import ObjectStore
@testable import SQLiteStore
@testable import StorageDriver
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct OpeningTests {
    /// Returns a console that opens the session of `open`, after all queries have ended.
    private func console(
        _ open: @escaping @Sendable (SessionOptions) async throws -> Session
    ) async -> (console: Console, settle: () async -> Void) {
        let ping = Ping()
        let console = Console(
            root: ConnectingScreen(SessionOptions(), open: open) { _ in }, board: TaskBoard { ping.send() },
            readOnlyReason: nil, header: { HeaderBar() })
        let settle = {
            console.drain()
            while console.board.busy > 0 {
                for await _ in ping.stream { break }
                console.drain()
            }
        }
        console.start()
        return (console, settle)
    }

    private nonisolated static func empty() throws -> Session {
        let store = try SQLiteStore.inMemory(clock: .test)
        return Session(
            name: "empty", notes: ["using the only one"], reader: store.reader, writer: store.writer,
            chunkSize: StorageReader.defaultChunkSize, journal: JournalPolicy(delay: 0, clock: .test)
        ) { await store.close() }
    }

    @Test func showsTheRegistryAndHowItWasFound() async throws {
        let (console, settle) = await console { _ in try Self.empty() }
        #expect(console.screen is ConnectingScreen)
        await settle()
        #expect(console.screen is RepositoriesScreen)
        #expect(console.stack.count == 1)
        #expect(console.frame(Size(rows: 24, columns: 80)).text.contains("This store has no repositories"))
        #expect(console.status == .info("using the only one"))
    }

    @Test func offersSeveralPools() async throws {
        let (console, settle) = await console { options in
            guard options.rados.pool == "two" else { throw SessionError.severalPools(["one", "two"]) }
            return try Self.empty()
        }
        await settle()
        #expect(console.screen is PoolsScreen)
        let size = Size(rows: 24, columns: 80)
        #expect(console.frame(size).text.contains(">   one"))
        console.handle(.character("j"), size: size)
        console.handle(.enter, size: size)
        await settle()
        #expect(console.screen is RepositoriesScreen)
    }

    @Test func endsWithTheError() async throws {
        let (console, settle) = await console { _ in throw SessionError.noRegistry(pools: ["rbd"]) }
        await settle()
        #expect(console.hasEnded)
        #expect(console.failure as? SessionError == .noRegistry(pools: ["rbd"]))
    }

    /// The user can quit while an answer is outstanding.
    @Test func quitsWhileItOpens() async throws {
        let (console, _) = await console { _ in
            try await Task.sleep(for: .seconds(3600))
            throw CancellationError()
        }
        console.handle(.character("q"), size: Size(rows: 24, columns: 80))
        #expect(console.hasEnded && console.failure == nil)
    }

    // MARK: - Another store

    /// A console on an empty store, and the options of the stores that were opened after it.
    @MainActor private final class Switching {
        let console: Console
        private let ping: Ping
        private(set) var opened: [SessionOptions] = []

        init(
            _ options: SessionOptions, settings: Settings = Settings(),
            open: @escaping @Sendable (SessionOptions) async throws -> Session
        ) throws {
            let ping = Ping()
            let board = TaskBoard { ping.send() }
            let first = OpenStore(try OpeningTests.empty(), settings: settings)
            var note: (OpenStore, SessionOptions) -> Void = { _, _ in }
            var (store, present) = (first, options)
            self.ping = ping
            console = Console(
                root: RepositoriesScreen(first), board: board,
                readOnlyReason: options.readOnly ? StoreSwitch.readOnlyReason : nil, header: { HeaderBar() },
                places: {
                    let change = StoreSwitch(
                        store: store, board: board, options: present, staysReadOnly: options.readOnly, open: open,
                        opened: { note($0, $1) })
                    return ScreenCatalog.commands(.init(store: store, board: board), change, withHints: $0)
                })
            note = { [unowned self] in
                (store, present) = ($0, $1)
                opened.append($1)
            }
            console.start()
        }

        /// Types a text and Enter.
        func press(_ text: String) {
            let size = Size(rows: 24, columns: 80)
            for character in text { console.handle(.character(character), size: size) }
            console.handle(.enter, size: size)
        }

        func type(_ text: String) async {
            press(text)
            await settle()
        }

        func settle() async {
            console.drain()
            while console.board.busy > 0 {
                for await _ in ping.stream { break }
                console.drain()
            }
        }
    }

    @Test func anotherStoreTakesThePlaceOfThePresentOne() async throws {
        var present = SessionOptions()
        present.rados.configuration = "east.conf"
        present.rados.pool = "old"
        present.rados.inFlight = 8
        let settings = Settings(registries: ["west": .init(pool: "images", conf: "west.conf", readOnly: true)])
        let switching = try Switching(present, settings: settings) { _ in try Self.empty() }
        let first = switching.console.screen
        await switching.type(":store new")
        #expect(switching.opened.last?.rados.pool == "new" && switching.opened.last?.rados.configuration == "east.conf")
        #expect(switching.console.screen is RepositoriesScreen && switching.console.screen !== first)
        #expect(switching.console.stack.count == 1 && switching.console.status == .info("using the only one"))
        await switching.type(":store sqlite:/srv/a copy.db")
        #expect(switching.opened.last?.location == .sqlite(path: "/srv/a copy.db"))
        await switching.type(":store -p third -c north.conf")
        #expect(switching.opened.last?.rados.pool == "third")
        #expect(switching.opened.last?.rados.configuration == "north.conf")
        #expect(switching.console.readOnlyReason == nil)
        await switching.type(":store west")
        #expect(switching.opened.last?.rados.pool == "images")
        #expect(switching.console.readOnlyReason == StoreSwitch.laterReason)
        await switching.type(":store rados")
        #expect(switching.opened.last?.rados.pool == nil && switching.opened.last?.rados.configuration == "west.conf")
        #expect(switching.console.readOnlyReason == nil, "the other registry does not forbid changes")
        #expect(switching.opened.map(\.rados.inFlight) == [8, 8, 128, 128, 128])
    }

    /// `:pool NAME` names a pool, also where config.yml has a registry of this name.
    @Test func anotherPoolOfTheClusterTakesThePlaceOfThePresentOne() async throws {
        var present = SessionOptions()
        present.rados.configuration = "east.conf"
        present.rados.pool = "old"
        let settings = Settings(registries: ["west": .init(pool: "images", conf: "west.conf")])
        let switching = try Switching(present, settings: settings) { _ in try Self.empty() }
        await switching.type(":pool west")
        #expect(
            switching.opened.last?.rados.pool == "west" && switching.opened.last?.rados.configuration == "east.conf")
        await switching.type(":store sqlite:/srv/a.db")
        await switching.type(":pool west")
        #expect(switching.opened.count == 2)
        #expect(
            switching.console.status
                == .failure("This store is file /srv/a.db, and has no other pools; :store opens a cluster."))
    }

    @Test func aStoreThatDoesNotOpenLeavesThePresentOne() async throws {
        let switching = try Switching(SessionOptions()) { _ in throw SessionError.noRegistry(pools: ["rbd"]) }
        let first = switching.console.screen
        for line in [":store new", ":store --bogus", ":store --store nonsense"] {
            await switching.type(line)
            #expect(switching.console.screen === first && switching.opened.isEmpty)
            guard case .failure = switching.console.status else {
                Issue.record("\(line): \(switching.console.status)")
                continue
            }
        }
    }

    @Test func anExportGoesOnBeforeAnotherStoreComes() async throws {
        let switching = try Switching(SessionOptions()) { _ in try Self.empty() }
        let (running, end) = AsyncStream<Void>.makeStream()
        var query = Query.value(Slot(switching.console.screen, "export"), "exporting all") {
            for await _ in running {}
        } then: { _ in
            .none
        }
        query.outlivesItsScreen = true
        switching.console.perform(.ask(query))
        switching.press(":store new")
        #expect(switching.console.status == .failure("exporting all still runs; wait for it, or stop it in :tasks."))
        end.finish()
        await switching.settle()
        await switching.type(":store new")
        #expect(switching.opened.count == 1)
    }

    @Test func severalPoolsAreAChoiceAndReadOnlyStays() async throws {
        let switching = try Switching(SessionOptions(readOnly: true)) { options in
            guard options.rados.pool == "two" else { throw SessionError.severalPools(["one", "two"]) }
            return try Self.empty()
        }
        await switching.type(":store rados")
        #expect(switching.opened.isEmpty)
        await switching.type("j")
        #expect(switching.opened.last?.rados.pool == "two" && switching.opened.last?.readOnly == true)
        #expect(switching.console.readOnlyReason == StoreSwitch.readOnlyReason)
    }
}
