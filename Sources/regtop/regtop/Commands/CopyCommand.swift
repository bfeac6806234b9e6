import AdminCore
import ArgumentParser

/// `regtop cp SOURCE DEST`
struct CopyCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Give a repository, or an image, a second name.",
        discussion: """
            cp a b copies the links of repository a: its tags with their history, manifests, signatures and layer links. \
            Unfinished uploads, and repositories below a, are left out. Repository b must not exist; repositories are never \
            merged. cp a:1 b:2 copies one image: its manifest, what the manifest names, and the tag. In another repository it \
            gets its companions (signatures, attestations, referrers) as well. cp a@sha256:… b:2 gives a manifest a tag. \
            --force replaces an existing tag, which goes to the trash.

            No data is copied: both names share the blobs, and the time depends only on the number of links. Tags appear \
            last, so clients see whole images only. An image that is not whole is not copied.

            cp shows its plan and asks; without a terminal it needs --yes. rm of the new name takes a copy back.

            JSON: as for rm, and destination, links.

            EXAMPLES:
              regtop cp --dry-run app/web team/web
              regtop cp app/web:1.0 team/web:stable --yes
              regtop cp app/web:2016-01-04 app/web:latest --force
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Flag(help: "Replace an existing tag, never a repository; also accept a name that no client can pull.")
    var force = false

    @Argument(
        help: "A repository, a tag or a manifest.", completion: .values(.reference), transform: ArgumentText.reference)
    var source: ImageReference

    @Argument(
        help: ArgumentHelp("The second name.", valueName: "dest"), completion: .values(.reference),
        transform: ArgumentText.reference)
    var destination: ImageReference

    func validate() throws {
        try ArgumentText.check { () throws(ChangeError) in
            try ChangePlanner.checkCopy(of: source, to: destination, force: force)
        }
    }

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { _ in
            try await context.session.planner.copy(from: source, to: destination, force: force)
        }
    }
}
