import AdminCore
import ArgumentParser

/// `regtop trash ls|restore|empty`
struct TrashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trash",
        abstract: "List, restore or drop for good what was deleted.",
        discussion: """
            rm takes links into the trash, in the pool, below /docker/registry/regtop-trash: one deletion for each thing that was \
            named, with an id. What they reach stays as long as they are there, for a collection takes the trash for needed.

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
        abstract: "List what is in the trash, the latest first.",
        discussion: """
            SIZE is what the deletion holds and reaches, each blob once; RECLAIMABLE the part that nothing else keeps, no repository and no \
            other deletion: what collections can free once it is dropped.

            JSON: an array of {id, name, kind, deleted, by, bytes, reclaimable}; kind is repository, tag, revision, upload or other.
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
        abstract: "Bring back what was deleted.",
        discussion: """
            All links return to their places, under the identifiers that they had. Where the name was taken again nothing is merged or \
            replaced: --to gives a repository another name, and a tag another one in its repository.

            JSON: as of rm.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("Another name: repo, or repo:tag for a tag.", valueName: "name"),
        transform: ArgumentText.reference)
    var to: ImageReference?

    @Argument(help: ArgumentHelp("As `regtop trash ls` shows it.", valueName: "id"))
    var ids: [String]

    func validate() throws {
        if to != nil, ids.count > 1 { throw ValidationError("--to goes with one id only") }
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
        abstract: "Drop for good what is in the trash.",
        discussion: """
            The links go, and what was uploaded of unfinished pushes; no blob does: a collection frees what nothing needs any more. \
            Beside a registry that may be writing, deletions of the last 24 hours stay; --offline says that none is.

            JSON: as of rm.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("Only what was deleted longer ago than this, such as 7d.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var olderThan: Double?

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { progress in
            try await context.session.planner.emptying(olderThan: olderThan ?? 0, progress: progress)
        }
    }
}
