import AdminCore
import ArgumentParser

/// `regtop chunks REF|DIGEST|PATH`
struct ChunksCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "chunks",
        abstract: "Show how a file is striped over chunk objects, and where they lie.",
        discussion: """
            A digest names a blob, a reference the manifest that it names, a path any file of the driver's tree. `regtop show` tells \
            the digests of the layers. PG and OSDS are there for pools only.

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
    var subject: BlobSubject

    func run(in context: CommandContext) async throws {
        let registry = context.session.registry
        let inspector = BlobInspector(registry: registry)
        let report = try await missingNamed(in: context.session) { try await inspector.report(on: subject) }
        if !report.layout.isSound { try await context.warnOfChunkSize() }
        var uses: [BlobUse] = []
        if let digest = report.digest {
            uses = try await inspector.uses(of: digest, progress: context.progress.handler)
        }
        try await context.print(
            format.format, json: report.json(usedBy: uses), plain: ChunkText.plain(report, usedBy: uses))
    }

    private func missingNamed(in session: Session, _ body: () async throws -> BlobReport) async throws -> BlobReport {
        switch subject {
        case .path: return try await body()
        case .reference(let reference): return try await Missing.named(reference, in: session, body)
        case .digest(let digest):
            do {
                return try await body()
            } catch StorageError.notFound {
                throw CommandFailure(
                    "there is no blob \(digest) in \(session.name); `regtop show` lists the digests of an image")
            }
        }
    }

    private static func subject(_ text: String) throws -> BlobSubject {
        if text.hasPrefix("/") { return .path(try ArgumentText.path(text)) }
        guard let subject = BlobSubject(text) else {
            throw ValidationError("it is none of repo:tag, repo@sha256:…, sha256:… and /path")
        }
        if case .reference(let reference) = subject, case .repository = reference.selector {
            throw ValidationError("a whole repository has no chunks; name a tag (\(reference):1.0) or a digest")
        }
        return subject
    }
}
