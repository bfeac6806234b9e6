import AdminCore
import ArgumentParser

/// `regtop mv SOURCE DEST`
struct MoveCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "mv",
        abstract: "Rename a repository, or a tag within its repository.",
        discussion: """
            mv a b moves the repository: its manifests, layer links and uploads, and never a repository below it (mv a b leaves a/x \
            where it is). The destination must not exist; repositories are never merged. mv repo:a repo:b renames a tag; --force \
            replaces a tag that is there. No blob data moves: the time depends on the number of links.

            A registry with a descriptor cache (storage: cache: in its configuration) believes until it is restarted that the layers are \
            linked at the old name. It answers 201 to a push of one of them there, writes no link, and the image cannot be pulled after \
            the restart. So restart every registry afterwards, or flush its cache, and run regtop recover --cache-flushed, which \
            writes such links, as does every change, gc and fsck until then; --no-cache says that no registry has such a cache. \
            --keep-layer-links leaves the links at the old name as well. A tag that was pushed there meanwhile is kept at both names.

            Uploads in progress, in which something was written within the last day, stay where their clients write them, unless --uploads is \
            given.

            What would happen is shown first, then you are asked. Without a terminal --yes is needed.

            JSON: as of rm, and the destination.

            EXAMPLES:
              regtop mv --dry-run app/web team/web
              regtop mv app/web:latest app/web:2016-01-04 --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions
    @OptionGroup var caches: CacheOptions
    @OptionGroup var repositories: RepositoryOptions

    var sessionOptions: SessionOptions { store.session(registries, caches) }

    @Flag(help: "Replace a tag that is there. Never a repository.")
    var force = false

    @Argument(help: "A repository or a tag.", transform: ArgumentText.reference)
    var source: ImageReference

    @Argument(
        help: ArgumentHelp("Its new name.", valueName: "dest"), transform: ArgumentText.reference)
    var destination: ImageReference

    func validate() throws {
        switch (source.selector, destination.selector) {
        case (.repository, .repository): break
        case (.tag, .tag) where source.repository == destination.repository: break
        case (.tag, .tag):
            throw ValidationError("a tag moves within its repository: \(source) cannot become \(destination)")
        case (.digest, _), (_, .digest):
            throw ValidationError(
                "a manifest is what its digest says and cannot be renamed; name a repository or a tag")
        default:
            throw ValidationError("\(source) cannot become \(destination): name two repositories, or two tags of one")
        }
    }

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { progress in
            try await context.session.planner.move(
                from: source, to: destination, force: force, handling: repositories.handling, progress: progress)
        }
    }
}
