import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop snapshot FILE`
struct SnapshotCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Write the structure of a store into a file, to look at it later.",
        discussion: """
            A snapshot has every object with its size and its date, and the data of links, manifests and configurations, \
            but not the data of layers. All reading commands and the console open it with --store sqlite:FILE, offline and \
            read-only; ages count from its time. verify, fsck --deep and dump need data, and refuse it. See docs/snapshots.md.

            The file must not exist, and appears whole or not at all. Registries may write meanwhile.

            JSON: {file, store, pool, fsid, taken, version, objects, bytes}; bytes are those of the store's objects.

            EXAMPLES:
              regtop snapshot monday.db
              regtop repos --unique --store sqlite:monday.db
              regtop diff monday.db
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The new file.", valueName: "file"), completion: .file())
    var file: String

    func run(in context: CommandContext) async throws {
        let (note, summary) = try await context.session.writeSnapshot(
            to: file, version: BuildVersion.string, progress: context.progress.handler)
        let json: JSONValue = [
            "file": .string(file), "store": .string(note.store), "pool": .text(note.pool), "fsid": .text(note.fsid),
            "taken": .time(note.taken), "version": .string(note.version), "objects": .unsigned(summary.objects),
            "bytes": .unsigned(summary.bytes),
        ]
        let what = "\(HumanText.count(summary.objects, "object")) with \(HumanText.bytes(summary.bytes))"
        try await context.print(
            format.format, json: json, plain: VisibleText.of("wrote \(file): \(note.store), \(what)") + "\n")
    }
}

/// `regtop diff A [B]`
struct DiffCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what came, went, moved and grew between two snapshots, or since one.",
        discussion: """
            diff compares repositories, tags and sizes. A and B are files of snapshots or other SQLite stores, or rados:POOL; \
            without B it compares A with the store of the options. A repository or a tag has moved if the same manifests \
            have another name. The sizes are those of `regtop repos`; the repositories that grew most come first.

            The exit status is 0 if the comparison was made, with or without differences; JSON says whether there are any.

            JSON: {equal, before, after, repositories: {came, went, moved: [{from, to}]}, tags: {came, went, moved, changed: \
            [{tag, before, after}]}, sizes: [{name, formerName, before, after, change}]}; before and after: {store, taken, \
            repositories, tags, size}.

            EXAMPLES:
              regtop diff monday.db
              regtop diff monday.db friday.db -f json
              regtop diff monday.db rados:registry
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: "The earlier state: a file, or rados:POOL.", completion: .values(.place(["", "rados:", "sqlite:"])),
        transform: TransferPlace.store)
    var a: TransferPlace

    @Argument(
        help: "The later state. (default: the store of the options)",
        completion: .values(.place(["", "rados:", "sqlite:"])), transform: TransferPlace.store)
    var b: TransferPlace?

    var sessionOptions: SessionOptions { options(of: b) }

    /// The options for a state, which is only read.
    private func options(of place: TransferPlace?) -> SessionOptions {
        var options = store.session()
        options = place?.session(options) ?? options
        options.readOnly = true
        return options
    }

    func run(in context: CommandContext) async throws {
        let shown = try await ShownDifference.read(
            since: options(of: a), to: context.session, context.progress.handler)
        try await context.print(format.format, json: shown.json, plain: shown.text)
    }
}
