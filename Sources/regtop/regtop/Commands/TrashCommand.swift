import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop trash ls|restore|empty`
struct TrashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trash",
        abstract: "List, restore or permanently delete removed links.",
        discussion: """
            rm moves links to the trash, which is in the pool below /docker/registry/regtop-trash. Each named target \
            becomes one entry with an id. The blobs of the links stay until the entry is deleted and gc frees them.

            EXAMPLES:
              regtop trash ls
              regtop trash restore 20261124-234501-3f2a
              regtop trash empty --older-than 30d --yes
            """,
        subcommands: [TrashListCommand.self, TrashRestoreCommand.self, TrashEmptyCommand.self])
}

/// `regtop trash ls`
struct TrashListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the trash, the latest entry first.",
        discussion: """
            SIZE is the size of all distinct blobs of the entry. RECLAIMABLE is the part that nothing else needs, neither \
            a repository nor another entry: gc can free it after the entry is deleted.

            JSON: an array of {id, name, kind, deleted, by, bytes, reclaimable}; kind is repository, tag, revision, upload \
            or other.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    func run(in context: CommandContext) async throws {
        let items = try await TrashReader(registry: context.session.registry).sizedItems(
            progress: context.progress.handler)
        try await context.print(format.format, json: .array(items.map(\.json)), plain: TrashTable.text(items))
    }
}

/// `regtop trash restore ID`
struct TrashRestoreCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore entries of the trash.",
        discussion: """
            All links return to their places. restore refuses a name that exists again: it never merges or replaces. --to gives a \
            repository another name, or a tag another name in its repository.

            JSON: as for rm.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("The new name: repo, or repo:tag for a tag.", valueName: "name"),
        transform: ArgumentText.reference)
    var to: ImageReference?

    @Argument(help: ArgumentHelp("An id from `regtop trash ls`.", valueName: "id"))
    var ids: [String]

    func validate() throws {
        try ArgumentText.check { () throws(ChangeError) in try ChangePlanner.checkRestoration(of: ids, as: to) }
    }

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { _ in
            try await context.session.planner.restoration(of: ids, as: to)
        }
    }
}

/// `regtop trash empty`
struct TrashEmptyCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "empty",
        abstract: "Permanently delete entries of the trash.",
        discussion: """
            empty deletes the links, and the data of unfinished uploads. It deletes no blobs: gc frees those that nothing \
            needs any more. While a registry may be writing, entries that are younger than 24 hours stay; --offline says that no \
            registry writes.

            JSON: as for rm.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("Only entries that are older, such as 7d.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var olderThan: Double?

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { progress in
            try await context.session.planner.emptying(olderThan: olderThan ?? 0, progress: progress)
        }
    }
}

/// The trash in columns.
nonisolated enum TrashTable {
    static func text(_ items: [TrashItem]) -> String {
        var table = PlainTable(
            .left("ID"), .left("KIND"), .left("DELETED"), .left("BY"), .right("SIZE"), .right("RECLAIMABLE"),
            .text("NAME"))
        for item in items {
            table.add(
                item.id, item.kind.rawValue, TimeText.second(item.deleted), item.by ?? "", PlainTable.size(item.bytes),
                PlainTable.size(item.reclaimable), item.name)
        }
        return table.text
    }
}

extension TrashItem {
    nonisolated var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "kind": .string(kind.rawValue), "deleted": .time(deleted),
            "by": .text(by), "bytes": .bytes(bytes), "reclaimable": .bytes(reclaimable),
        ]
    }
}
