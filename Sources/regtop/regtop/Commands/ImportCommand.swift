import AdminCore
import Presentation
import ArgumentParser

/// `regtop import SOURCE`
struct ImportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring images from a directory into the store.",
        discussion: """
            import reads an OCI image layout or the directory of a registry, and makes what the store lacks: blobs, then \
            links, then tags, each blob compared with its digest on the way. It overwrites nothing: a tag that names \
            another manifest in the store stays, unless --force is given, which moves the old tag to the trash. So images that were removed too early come back, \
            as long as an export has them.

            SOURCE is registry:DIR or oci:DIR. An OCI layout of another program may name tags only; --as gives them a \
            repository.

            import shows its plan and asks; without a terminal it needs --yes. The log of the pool records it.

            JSON: see `regtop export --help`.

            EXAMPLES:
              regtop import registry:/srv/registry app/web --dry-run
              regtop import registry:/srv/registry app/web:1.0 --yes
              regtop import oci:images --as library/alpine

            Exit status: 0 all is there; 4 something is left out; 1 failed; 130 cancelled.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Flag(help: "Replace tags that name other manifests in the store; the old tags go to the trash.")
    var force = false

    @Flag(help: "Read the blobs that the store has, and compare their digests.")
    var verifyExisting = false

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The repository of images that do not name one.", valueName: "repo"),
        completion: .values(.repository),
        transform: ArgumentText.repository)
    var repository: RepositoryName?

    @Argument(
        help: "registry:DIR or oci:DIR.", completion: .values(.place(["registry:", "oci:"])),
        transform: TransferPlace.directory)
    var source: TransferPlace

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…. (default: all)", valueName: "ref"),
        transform: ArgumentText.reference)
    var references: [ImageReference] = []

    var sessionOptions: SessionOptions { store.session(registries) }

    func prepare(_ streams: StandardStreams) throws {
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    func run(in context: CommandContext) async throws {
        let place = try await OpenPlace.open(source, sessionOptions, naming: repository)
        var options = Transfer.Options()
        options.replacesTags = force
        options.verifiesExisting = verifyExisting
        let proposal = TransferProposal(
            context: context, change: change, format: format.format, source: "\(source)", target: context.session.name,
            asks: true)
        try await ChangeProposal(context: context, options: change, format: format.format).settleJournal()
        try await proposal.run(
            Transfer(from: place.registry, to: .store(context.session.changing()), options),
            references.isEmpty ? nil : references)
    }
}
