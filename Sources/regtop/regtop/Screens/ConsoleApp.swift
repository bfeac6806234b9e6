import AdminCore
import ConsoleKit
import Presentation

/// The console as a program: it draws at once, opens the store meanwhile, and closes it at the end.
enum ConsoleApp {
    /// Runs the console until the user quits.
    ///
    /// - Parameters:
    ///   - options: The store. The user chooses if several pools have a registry.
    ///   - log: The file for the output of libraries; nil drops it.
    ///   - settings: The user's configuration. The status line tells its mistakes.
    ///   - open: Opens the store.
    /// - Returns: The exit code: 0, or 128 plus the number of the signal that ended the console.
    /// - Throws: `TerminalError` if no console is possible, and the errors of `open`. The terminal
    ///   is restored before.
    static func run(
        _ options: SessionOptions, log: String?, look: Look = Look(), settings: Settings = Settings(),
        open: @escaping @Sendable (SessionOptions) async throws -> Session = Session.open
    ) async throws -> Int32 {
        let ping = Ping()
        var (store, present): (OpenStore?, SessionOptions) = (nil, options)
        // The stores before. Each lives until the end: a query of it may still be ending.
        var former: [(store: OpenStore, closing: Task<Void, Never>)] = []
        let opened: (OpenStore, SessionOptions) -> Void = { next, options in
            if let store {
                former.append((store, Task { await close(store.session) }))
            }
            (store, present) = (next, options)
        }
        let start = ConnectingScreen(options, settings: settings, open: open) { opened($0, options) }
        let board = TaskBoard { ping.send() }
        let console = Console(
            root: start, board: board,
            readOnlyReason: options.readOnly ? StoreSwitch.readOnlyReason : nil, look: look, keys: settings.keys,
            header: { store?.header ?? HeaderBar(items: [.init(text: "regtop")]) },
            places: { withHints in
                guard let store else { return [] }
                let change = StoreSwitch(
                    store: store, board: board, options: present, staysReadOnly: options.readOnly, open: open,
                    opened: opened)
                return ScreenCatalog.commands(.init(store: store, board: board), change, withHints: withHints)
            },
            refreshHeader: { store?.beat(board) ?? .none }, history: HistoryFile.history())
        let outcome = try await ConsoleLoop(console, ping: ping).run(log: log, look: look)
        if let session = store?.session { await close(session) }
        for (_, closing) in former { await closing.value }
        if let failure = console.failure { throw failure }
        return outcome.exitCode
    }

    /// Closes a session, but waits at most two seconds for a cluster that hangs: the program ends
    /// anyway.
    private static func close(_ session: Session) async {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        Task.detached {
            await session.close()
            end.finish()
        }
        Task.detached {
            try? await Task.sleep(for: .seconds(2))
            end.finish()
        }
        for await _ in ended {}
    }
}

/// The options that name a store on the command line.
nonisolated enum StoreWords {
    static func of(_ options: SessionOptions) -> [String] {
        switch options.location {
        case .sqlite(let path): return ["--store", "sqlite:" + path]
        // No other process finds a sample in memory.
        case .sample(let path): return path.map { ["--store", "sqlite:" + $0] } ?? []
        case .rados:
            let rados = options.rados
            let named = [
                ("-p", rados.pool), ("-c", rados.configuration), ("-n", rados.client), ("-k", rados.keyring),
                ("-m", rados.monitors),
            ]
            return named.flatMap { flag, value in value.map { [flag, $0] } ?? [] }
        }
    }
}

extension TerminalError: ProgramError {}
