import AdminCore
import Presentation
import SafeText
import ArgumentParser
import CLibc
import Foundation

/// `regtop export`
struct ExportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Copy images to a place that other programs read.",
        discussion: """
            export copies repositories, tags or manifests, with their signatures and referrers. It reads each blob once, \
            compares it with its digest on the way, and publishes blobs first, then links, then tags, so that a reader of \
            the target sees only whole images. If it is stopped, run it again: it takes what is there and copies the rest. \
            The source is only read; a registry may serve it meanwhile.

            TARGET is one of:
              registry:DIR      the layout of a registry 2.8 or 3 with a filesystem or S3 driver
              oci:DIR           an OCI image layout, for skopeo, crane, oras, podman
              oci-archive:FILE  the same as a tar archive; - is standard output
              rados:POOL        a pool with the layout of this one; --to-conf and others connect to another cluster
              sqlite:FILE       a store in a file

            An image with a damaged blob is left out and named, and so is one whose name or format the target does not \
            take; the others are copied. Repair damage first: `regtop fsck --repair`.

            --convert-schema1 converts images of schema 1 for OCI layouts. It reads their layers, and lists the new digests.

            --delete removes tags of the target that are gone at the source, in repositories that are exported as a \
            whole. It shows the plan and asks. An export to a pool asks as well; without a terminal both need --yes.

            docs/leaving.md describes the way from the old registry to a new one.

            JSON: {target, repositories, tags, manifests, blobs, bytes, sharedBytes, present, missingBytes, room, \
            available, removals, conversions:[{target, old, new}], leftOut:[{target, reason}], applied, result:{copied, bytes, present, tags, \
            refused:[{digest, reason}], removed}}; result only if applied.

            EXAMPLES:
              regtop export --all --to registry:/srv/registry --dry-run
              regtop export --all --to registry:/srv/registry
              regtop export app/web library/alpine:3.3 --to oci:images
              regtop export app/web:1.0 --to oci-archive:- | ssh backup 'cat > web.tar'
              regtop export --all -p registry --to rados:copy --yes

            Exit status: 0 all copied; 4 something is left out; 1 failed; 130 cancelled.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions
    @OptionGroup var other: OtherSideOptions

    @Option(
        help: ArgumentHelp("The place to copy to.", valueName: "target"),
        completion: .values(.place(TransferPlace.forms)), transform: TransferPlace.parse)
    var to: TransferPlace

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Export the repositories that match a filter.", valueName: "filter"),
        transform: ArgumentText.filter)
    var filter: Filter?

    @Flag(help: "Export all repositories.")
    var all = false

    @Flag(help: "Read the blobs that the target has, and compare their digests.")
    var verifyExisting = false

    @Flag(name: .customLong("convert-schema1"), help: "Convert images of schema 1 for an OCI layout.")
    var convertSchema1 = false

    @Flag(help: "Remove tags of the target that are gone at the source.")
    var delete = false

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), completion: .values(.reference),
        transform: ArgumentText.given)
    var references: [GivenReference] = []

    func validate() throws {
        guard [!references.isEmpty, filter != nil, all].count(where: { $0 }) == 1 else {
            throw ValidationError("give references, or --where FILTER, or --all")
        }
        if delete, case .archive = to {
            throw ValidationError("--delete has no meaning for an archive, which is always new")
        }
    }

    /// The source is only read.
    var sessionOptions: SessionOptions {
        var options = store.session()
        options.readOnly = true
        return options
    }

    /// True if the plan is shown as a question: other programs may use what is changed.
    private var asks: Bool {
        if case .rados = to { true } else { delete }
    }

    func prepare(_ streams: StandardStreams) throws {
        if asks { try change.prepare(isReadOnly: false, streams) }
        // Each arena of malloc keeps freed pieces of blobs for its own threads. From a single arena
        // every thread gets them. It gives no freed piece back to the kernel, which would have to
        // clear its pages for the next one: docs/speed.md has the figures.
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, 32 << 20)
        mallopt(M_TRIM_THRESHOLD, 128 << 20)
        mallopt(M_TOP_PAD, 16 << 20)
    }

    func run(in context: CommandContext) async throws {
        var options = Transfer.Options()
        options.verifiesExisting = verifyExisting
        options.removesTags = delete
        options.convertsSchema1 = convertSchema1
        let references = try await chosen(in: context)
        try await withTarget(context) { target in
            let transfer = Transfer(from: context.session.registry, to: target, options)
            try await TransferProposal(
                context: context, change: change, format: format.format, source: context.session.name,
                target: "\(to)", isQuiet: to.isStandardOutput, asks: asks
            ).run(transfer, references)
        }
    }

    /// The references; nil for all.
    private func chosen(in context: CommandContext) async throws -> [ImageReference]? {
        if all { return nil }
        if let filter {
            return try await context.session.planner.selection(
                ofRepositories: filter, progress: context.progress.handler
            ).references
        }
        return try await Missing.references(references, in: context.session)
    }

    /// Opens the target. A dry run creates no file.
    private func withTarget(
        _ context: CommandContext, _ body: (Transfer.Target) async throws -> Void
    ) async throws {
        switch to {
        case .registry(let path): try await body(.registry(directory: path))
        case .oci(let path): try await body(.oci(directory: path))
        case .archive(let path):
            try await body(
                .archive(path == "-" ? StandardArchive(streams: context.streams) : ArchiveFile(path: path)))
        case .sqlite(let path):
            guard change.dryRun, !FileManager.default.fileExists(atPath: path) else {
                return try await withStore(context, body)
            }
            try await body(.unmade(.store))
        case .rados: try await withStore(context, body)
        }
    }

    private func withStore(
        _ context: CommandContext, _ body: (Transfer.Target) async throws -> Void
    ) async throws {
        guard var options = to.session(other.session(beside: store, isOffline: registries.offline)) else { return }
        options.createsFile = true
        let session = try await Session.open(options)
        do {
            let admin = try session.changing()
            let there = CommandContext(session: session, streams: context.streams, progress: context.progress)
            try await ChangeProposal(context: there, options: change, format: format.format).settleJournal()
            try await body(.store(admin))
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }
}

/// An archive on standard output.
private nonisolated struct StandardArchive: ArchiveOutput {
    let streams: StandardStreams

    var path: String? { nil }

    func write(_ bytes: [UInt8]) async throws { try await streams.write(bytes) }
    func end(isWhole: Bool) async throws {}
}
