import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// A command that runs on the program's streams. The program calls `run(_:)`.
nonisolated protocol StreamCommand: AsyncParsableCommand {
    /// Does the work.
    func run(_ streams: StandardStreams) async throws
}

extension StreamCommand {
    /// The parser's entry.
    nonisolated func run() async throws {
        try await run(StandardStreams())
    }
}

/// A command that works on an open store. `run(_:)` opens the store, does the work and closes the
/// store.
nonisolated protocol StoreCommand: StreamCommand {
    /// The store and the connection.
    var store: StoreOptions { get }

    /// The session to open; by default that of `store`.
    var sessionOptions: SessionOptions { get }

    /// The exit status of a command that could not begin its work.
    static var failed: Int32 { get }

    /// Refuses options before the store is opened.
    ///
    /// - Throws: `CommandFailure`.
    func prepare(_ streams: StandardStreams) throws

    /// Does the work on the open store.
    func run(in context: CommandContext) async throws
}

/// The open store, the streams and the progress line of a running command.
nonisolated struct CommandContext: Sendable {
    let session: Session
    let streams: StandardStreams
    let progress: ProgressLine

    /// Prints the result in the format that the user asked for.
    func print(_ format: OutputFormat, json: @autoclosure () -> JSONValue, plain: @autoclosure () -> String)
        async throws
    {
        progress.end()
        try await streams.print(format, json: json(), plain: plain())
    }

    /// Warns the user if the pool's files have another chunk size than the session assumes: then
    /// every file of several chunks seems to be damaged. Call it only if there is damage, because
    /// it enumerates a part of the pool.
    func warnOfChunkSize() async throws {
        let finding = try await ChunkSizeProbe(storage: session.storage).run()
        if finding.other != nil { say("\(finding)") }
    }

    /// Makes a row of each item, several at once, and shows the progress. Items without a row are
    /// left out.
    ///
    /// - Parameter phase: The noun of the items for the progress line.
    /// - Returns: The rows, in the order of the items.
    /// - Throws: The first error.
    func rows<Item: Sendable, Row: Sendable>(
        of items: [Item], phase: String, _ row: @escaping @Sendable (Item) async throws -> Row?
    ) async throws -> [Row] {
        var rows = [Row?](repeating: nil, count: items.count)
        var (next, done) = (0, UInt64(0))
        try await concurrentWork(window: max(16, session.objects.load.limit)) { _ in
            guard next < items.count else { return nil }
            defer { next += 1 }
            return next
        } perform: { (index: Int) in
            (index, try await row(items[index]))
        } take: { (index: Int, row: Row?) in
            rows[index] = row
            done += 1
            progress.show(WorkProgress(phase: phase, completed: done, total: UInt64(items.count)))
        }
        return rows.compactMap(\.self)
    }

    /// Refuses work that reads layers, if the store is a snapshot.
    ///
    /// - Throws: `CommandFailure`.
    func requireData(for work: String, status: Int32 = ExitStatus.failed) throws {
        guard let snapshot = session.snapshot else { return }
        throw CommandFailure(
            "\(work) reads the data of layers, and this snapshot of \(snapshot.store) has only their sizes",
            status: status)
    }

    /// Prints a sentence to standard error.
    func say(_ sentence: String) {
        streams.tell("regtop: \(VisibleText.of(sentence))\n")
    }
}

extension StoreCommand {
    nonisolated var sessionOptions: SessionOptions { store.session() }

    nonisolated static var failed: Int32 { ExitStatus.failed }

    nonisolated func prepare(_ streams: StandardStreams) throws {}

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

    /// Opens the store, runs the work and closes the store.
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
