import AdminCore
import ArgumentParser

/// A command that works on an open store.
nonisolated protocol StoreCommand: AsyncParsableCommand {
    /// Where the store is.
    var store: StoreOptions { get }

    /// What to open. The options as they are, unless a command needs more.
    var sessionOptions: SessionOptions { get }

    /// The exit status where the work could not be done at all.
    static var failed: Int32 { get }

    /// Refuses before anything is opened what cannot be done. Throws `CommandFailure`.
    func prepare(_ streams: StandardStreams) throws

    /// Opens the store, does the work, closes the store.
    func run(_ streams: StandardStreams) async throws

    /// Does the work.
    func run(in context: CommandContext) async throws
}

/// What a command works with.
nonisolated struct CommandContext: Sendable {
    /// The open store.
    let session: Session
    /// Where the output goes.
    let streams: StandardStreams
    /// Where progress is shown, on a terminal.
    let progress: ProgressLine

    /// Prints the JSON or the plain text of the same values.
    func print(_ format: OutputFormat, json: @autoclosure () -> JSONValue, plain: @autoclosure () -> String)
        async throws
    {
        progress.end()
        switch format {
        case .plain: try await streams.print(plain())
        case .json: try await streams.print(json().text() + "\n")
        case .jsonPretty: try await streams.print(json().text(pretty: true) + "\n")
        }
    }

    /// Says so if the pool's files have another chunk size than is assumed: nothing reads right then. To be asked where something seems to be
    /// damaged, as everything that has several chunks does then; it costs an enumeration of a part of the pool.
    func warnOfChunkSize() async throws {
        let finding = try await ChunkSizeProbe(storage: session.storage).run()
        if finding.other != nil { say("\(finding)") }
    }

    /// A sentence for the user that is no result: to standard error.
    func say(_ sentence: String) {
        streams.tell("regtop: \(VisibleText.of(sentence))\n")
    }
}

extension StoreCommand {
    nonisolated var sessionOptions: SessionOptions { store.session() }

    nonisolated static var failed: Int32 { ExitStatus.failed }

    nonisolated func prepare(_ streams: StandardStreams) throws {}

    /// The parser's own way in. The program runs commands by `run(_:)`.
    nonisolated func run() async throws {
        try await run(StandardStreams())
    }

    nonisolated func run(_ streams: StandardStreams) async throws {
        do {
            try await runOnStore(streams)
        } catch
            where Self.failed != ExitStatus.failed && ErrorText.isOurs(error) && !(error is OutputError)
            && !Task.isCancelled
        {
            throw CommandFailure(ErrorText.sentence(error), status: Self.failed)
        }
    }

    /// Opens the store that the options say, runs the work on it, closes it.
    nonisolated func runOnStore(_ streams: StandardStreams) async throws {
        try prepare(streams)
        var options = sessionOptions
        let log = LogFile.begin(store.log)
        options.rados.logFile = log?.path
        if case .rados = options.location { streams.divertLibraries(to: log?.descriptor) }
        let session = try await Session.open(options)
        let context = CommandContext(session: session, streams: streams, progress: ProgressLine(streams))
        for note in session.notes { context.say(note) }
        do {
            try await run(in: context)
        } catch {
            context.progress.end()
            await session.close()
            throw error
        }
        context.progress.end()
        await session.close()
        await streams.flush()
    }
}
