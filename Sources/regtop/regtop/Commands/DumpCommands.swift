import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop load FILE`
struct LoadCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Fill an empty store with a dump.",
        discussion: """
            load reads a dump of `regtop dump`, plain or compressed with gzip, and refuses a store that is not empty. It \
            creates an SQLite file that does not exist, and removes it again if the dump is invalid. A pool must exist and \
            be named. load does not ask, because an empty store has nothing to lose.

            JSON: {objects, bytes, applied}.

            EXAMPLES:
              regtop load --store sqlite:copy.db registry.jsonl.gz
              regtop dump | regtop load --store sqlite:copy.db -
              regtop load -p scratch registry.jsonl.gz
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions

    @Argument(help: ArgumentHelp("The dump; - is standard input.", valueName: "file"), completion: .file())
    var file: String

    /// The SQLite file to create; nil if it exists, or for a pool.
    private var newFile: String? {
        guard case .sqlite(let path) = store.store, !FileManager.default.fileExists(atPath: path) else { return nil }
        return path
    }

    var sessionOptions: SessionOptions {
        var options = store.session()
        options.createsFile = newFile != nil
        return options
    }

    func prepare(_ streams: StandardStreams) throws {
        // An empty store has nothing to lose, so load never asks.
        var change = change
        change.yes = true
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    func run(_ streams: StandardStreams) async throws {
        guard let newFile else { return try await runOnStore(streams) }
        // Neither a dry run nor a failure leaves a new file.
        let file = FileDraft(of: newFile)
        defer { file.discard() }
        var copy = self
        copy.store.store = .sqlite(path: file.draft)
        try await copy.runOnStore(streams)
        if !change.dryRun { try await file.publish() }
    }

    func run(in context: CommandContext) async throws {
        let source = file == "-" ? try DumpFile.standardInput() : try await DumpFile.open(path: file)
        let session = context.session
        if change.dryRun {
            let summary = try await session.rehearseLoad(from: source, progress: context.progress.handler)
            return try await report(summary, applied: false, context)
        }
        let summary = try await session.load(from: source, progress: context.progress.handler)
        try await report(summary, applied: true, context)
    }

    private func report(_ summary: StoreDump.Summary, applied: Bool, _ context: CommandContext) async throws {
        let json: JSONValue = [
            "objects": .unsigned(summary.objects), "bytes": .unsigned(summary.bytes), "applied": .bool(applied),
        ]
        let what = "\(HumanText.count(summary.objects, "object")) with \(HumanText.bytes(summary.bytes))"
        try await context.print(
            format.format, json: json, plain: applied ? "loaded \(what)\n" : "would load \(what)\n")
    }
}

/// `regtop dump`
struct DumpCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Write the whole store as JSON lines, one line for each object.",
        discussion: """
            The dump has every object of every namespace with its data, omap and xattrs, sorted by name. `regtop load` \
            reads it. Each object is consistent; the store as a whole may change while the dump runs.

            EXAMPLES:
              regtop dump -p registry -o registry.jsonl.gz
              regtop dump -p registry --no-data > structure.jsonl
              regtop dump --store sqlite:a.db | sha256sum
            """)

    @OptionGroup var store: StoreOptions

    @Flag(name: .customLong("no-data"), help: "Leave out the data: only names, sizes, omaps and xattrs.")
    var withoutData = false

    @Flag(help: "Include modification times, which load restores.")
    var times = false

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("The file to write, compressed if its name ends with .gz.", valueName: "file"),
        completion: .file())
    var output: String?

    func run(in context: CommandContext) async throws {
        if !withoutData { try context.requireData(for: "dump without --no-data") }
        guard let output else {
            try await write(to: StreamSink(streams: context.streams), context)
            return
        }
        try await FileDraft.write(output) { draft in
            let file = try await DumpFile.create(path: draft, gzip: output.hasSuffix(".gz"))
            do {
                try await write(to: file, context)
                try await file.finish()
            } catch {
                try? await file.finish()
                throw error
            }
        }
    }

    private func write(to sink: some DumpSink, _ context: CommandContext) async throws {
        _ = try await StoreDump.write(
            from: context.session.objects, to: sink, data: !withoutData, times: times,
            progress: context.progress.handler)
    }
}

/// Writes a dump to standard output.
private nonisolated struct StreamSink: DumpSink {
    let streams: StandardStreams

    func write(_ bytes: [UInt8]) async throws {
        try await streams.write(bytes)
    }
}
