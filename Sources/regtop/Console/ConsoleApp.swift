import AdminCore

/// The console as a whole: it is on the screen at once, opens the store while it is looked at, and closes it in the end.
enum ConsoleApp {
    /// Runs the console until somebody leaves it.
    /// - Parameters:
    ///   - options: which store. Several pools with a registry are shown to choose from.
    ///   - log: where everything goes that libraries print meanwhile; nowhere if nil.
    ///   - open: opens the store.
    /// - Returns: the program's exit code: 0, or 128 and the number of the signal that ended it.
    ///
    /// Throws `TerminalError` where no console is possible, and what `open` throws; the terminal has been given back by then.
    static func run(
        _ options: SessionOptions, log: String?,
        open: @escaping @Sendable (SessionOptions) async throws -> Session = Session.open
    ) async throws -> Int32 {
        let ping = Ping()
        var store: OpenStore?
        let start = ConnectingScreen(options, open: open) { store = $0 }
        let console = Console(
            root: start, board: TaskBoard { ping.send() },
            readOnlyReason: options.readOnly ? "it was opened with --read-only." : nil,
            header: { store?.header ?? HeaderBar(items: [.init(text: "regtop")]) })
        let outcome = try await ConsoleLoop(console, ping: ping).run(log: log)
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
