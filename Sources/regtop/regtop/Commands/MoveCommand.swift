import AdminCore
import ArgumentParser

/// `regtop mv SOURCE DEST`
struct MoveCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "mv",
        abstract: "Rename a repository, or a tag within its repository.",
        discussion: """
            mv a b renames the repository: its manifests, layer links and uploads, but not the repositories below it (a/x \
            stays). The destination must not exist; repositories are never merged. mv repo:a repo:b renames a tag; --force \
            replaces an existing tag, which goes to the trash. No data is copied: the time depends only on the number of links.

            A registry with a descriptor cache (storage: cache: in its configuration) believes until its restart that \
            the layers are still linked at the old name. If a client pushes such a layer to that name, the registry \
            answers 201 but writes no link, and the image cannot be pulled after the restart. So restart every \
            registry after mv, or flush its cache, then run regtop recover --cache-flushed, which writes the missing \
            links. Until then every change, gc and fsck write the missing links. --no-cache says that no registry has such \
            a cache. --keep-layer-links keeps the links at the old name as well. A tag that is pushed to it meanwhile \
            stays at both names.

            Uploads in progress (written to within the last day) stay at the old name unless --uploads is given.

            mv shows its plan and asks; without a terminal it needs --yes.

            JSON: as for rm, and destination.

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

    @Flag(help: "Replace an existing tag, never a repository; also accept a name that no client can pull.")
    var force = false

    @Argument(help: "A repository or a tag.", completion: .values(.reference), transform: ArgumentText.reference)
    var source: ImageReference

    @Argument(
        help: ArgumentHelp("The new name.", valueName: "dest"), completion: .values(.reference),
        transform: ArgumentText.reference)
    var destination: ImageReference

    func validate() throws {
        try ArgumentText.check { () throws(ChangeError) in
            try ChangePlanner.checkMove(of: source, to: destination, force: force)
        }
    }

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { progress in
            try await context.session.planner.move(
                from: source, to: destination, force: force, handling: repositories.handling, progress: progress)
        }
    }
}
