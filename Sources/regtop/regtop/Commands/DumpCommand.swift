import AdminCore
import ArgumentParser

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
        help: ArgumentHelp("The file to write, compressed if its name ends with .gz.", valueName: "file"))
    var output: String?

    func run(in context: CommandContext) async throws {
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
