import AdminCore
import ArgumentParser

/// `regtop chunks REF|DIGEST|PATH`
struct ChunksCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "chunks",
        abstract: "Show how a file is striped over chunk objects, and where they lie.",
        discussion: """
            A digest names a blob, a reference the manifest that it names, a path any file of the driver's tree. `regtop show` tells \
            the digests of the layers; four digits of one or more suffice, with or without sha256:. PG and OSDS are there for pools only.

            A chunk is ok; missing; short or long: of another length than its part of the file; or surplus: behind the end. \
            A hole is a part of the file that no chunk holds.

            JSON: {path, blob, size, chunkSize, modified, usedBy:[{repository, tag, digest}], chunks:[{index, object, offset, length, \
            expected, state, pg, osds}], holes:[{offset, length}], state}; state is ok or damaged, the length of a missing chunk \
            null. usedBy needs a pass over the registry and has the manifests, with a tag or without, that need the blob.

            EXAMPLES:
              regtop chunks sha256:4fae…
              regtop chunks app/web:1.0 -f json-pretty
              regtop chunks /docker/registry/v2/blobs/sha256/4f/4fae…/data
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("repo:tag, repo@sha256:…, sha256:… or /path", valueName: "ref|digest|path"),
        transform: ChunksCommand.subject)
    var given: GivenSubject

    func run(in context: CommandContext) async throws {
        let registry = context.session.registry
        let inspector = BlobInspector(registry: registry)
        let report = try await Missing.named(given, in: context.session) { try await inspector.report(on: $0) }
        if !report.layout.isSound { try await context.warnOfChunkSize() }
        var uses: [BlobUse] = []
        if let digest = report.digest {
            uses = try await inspector.uses(of: digest, progress: context.progress.handler)
        }
        try await context.print(
            format.format, json: report.json(usedBy: uses), plain: ChunkText.plain(report, usedBy: uses))
    }

    private static func subject(_ text: String) throws -> GivenSubject {
        if text.hasPrefix("/") { return .whole(.path(try ArgumentText.path(text))) }
        guard let subject = GivenSubject(text) else {
            throw ValidationError("it is none of repo:tag, repo@sha256:…, sha256:… and /path")
        }
        if case .whole(.reference(let reference)) = subject, case .repository = reference.selector {
            throw ValidationError("a whole repository has no chunks; name a tag (\(reference):1.0) or a digest")
        }
        return subject
    }
}
