import AdminCore

/// The console as a whole: it is on the screen at once, opens the store while it is looked at, and closes it in the end.
enum ConsoleApp {
    /// Runs the console until somebody leaves it.
    /// - Parameters:
    ///   - options: which store. Several pools with a registry are shown to choose from.
    ///   - log: where everything goes that libraries print meanwhile; nowhere if nil.
    ///   - look: how the console looks and listens.
    ///   - settings: what the user's configuration file says; its mistakes are told in the status line.
    ///   - open: opens the store.
    /// - Returns: the program's exit code: 0, or 128 and the number of the signal that ended it.
    ///
    /// Throws `TerminalError` where no console is possible, and what `open` throws; the terminal has been given back by then.
    static func run(
        _ options: SessionOptions, log: String?, look: Look = Look(), settings: Settings = Settings(),
        open: @escaping @Sendable (SessionOptions) async throws -> Session = Session.open
    ) async throws -> Int32 {
        let ping = Ping()
        var store: OpenStore?
        let start = ConnectingScreen(options, settings: settings, open: open) { store = $0 }
        let board = TaskBoard { ping.send() }
        let console = Console(
            root: start, board: board,
            readOnlyReason: options.readOnly ? "it was opened with --read-only." : nil,
            header: { store?.header ?? HeaderBar(items: [.init(text: "regtop")]) },
            places: { withKeys in
                store.map { ScreenCatalog.commands(.init(store: $0, board: board), withKeys: withKeys) } ?? []
            },
            refreshHeader: { store?.beat(board) ?? .none })
        let outcome = try await ConsoleLoop(console, ping: ping).run(log: log, look: look)
        if let session = store?.session { await close(session) }
        if let failure = console.failure { throw failure }
        return outcome.exitCode
    }

    /// Closes a session, but does not wait for a cluster that hangs: the program ends anyway.
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
