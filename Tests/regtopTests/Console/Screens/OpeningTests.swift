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
}
