import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop chunks REF|DIGEST|PATH`
struct ChunksCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "chunks",
        abstract: "Show the chunk objects of a file, with their placement groups and OSDs.",
        discussion: """
            A digest names a blob, a reference its manifest, and a path any file of the driver's tree. `regtop show` lists \
            the digests of layers; the first four digits are enough, with or without sha256:. Only pools have placement \
            groups and OSDs.

            The state of a chunk is ok, missing, short, long, or surplus (past the end of the file). A hole is a part of \
            the file without a chunk. `used by` lists the manifests that need the blob; it takes a pass over the whole \
            registry.

            JSON: {path, blob, size, chunkSize, modified, usedBy:[{repository, tag, digest}], chunks:[{index, object, \
            offset, length, expected, state, pg, osds}], holes:[{offset, length}], state}; state is ok or damaged. The \
            length of a missing chunk is null, and so is the tag of an untagged manifest.

            EXAMPLES:
              regtop chunks sha256:4fae…
              regtop chunks app/web:1.0 -f json-pretty
              regtop chunks /docker/registry/v2/blobs/sha256/4f/4fae…/data
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("repo:tag, repo@sha256:…, sha256:… or /path", valueName: "ref|digest|path"),
        completion: .values(.subject),
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
            throw ValidationError("must be repo:tag, repo@sha256:…, sha256:… or /path")
        }
        if case .whole(.reference(let reference)) = subject, case .repository = reference.selector {
            throw ValidationError("a whole repository has no chunks; name a tag (\(reference):1.0) or a digest")
        }
        return subject
    }
}

/// A report on a file as text.
nonisolated enum ChunkText {
    /// The most users that are listed.
    private static let longestList = 20

    static func plain(_ report: BlobReport, usedBy uses: [BlobUse]) -> String {
        let layout = report.layout
        var facts = FactLines()
        facts.add("path", report.path.string)
        facts.add("blob", layout.blob.string)
        facts.add("size", layout.size.map { "\($0) bytes" })
        facts.add("chunk size", "\(layout.chunkSize) bytes")
        facts.add("modified", TimeText.second(layout.head.modified))
        facts.add("state", report.state.printed)
        for use in uses.prefix(longestList) {
            facts.add("used by", use.tag.map { "\(use.repository):\($0)" } ?? "\(use.repository)@\(use.digest)")
        }
        if uses.count > longestList { facts.add("used by", "\(HumanText.count(uses.count - longestList)) more") }
        if uses.isEmpty, report.digest != nil { facts.add("used by", "nothing") }
        for hole in layout.holes { facts.add("hole", "\(hole.length) bytes at \(hole.offset)") }
        guard !layout.chunks.isEmpty else { return facts.text }
        return facts.text + "\n" + table(report)
    }

    private static func table(_ report: BlobReport) -> String {
        var table = PlainTable(
            .right("INDEX"), .left("OBJECT"), .right("OFFSET"), .right("LENGTH"), .right("EXPECTED"), .left("STATE"),
            .left("PG"), .left("OSDS"))
        for (chunk, placement) in zip(report.layout.chunks, report.placements) {
            table.add(
                String(chunk.index), chunk.object.description, String(chunk.offset),
                chunk.length.map { String($0) } ?? "", String(chunk.expected), chunk.state.rawValue,
                placement?.placementGroup ?? "", placement?.osds.map { String($0) }.joined(separator: ",") ?? "")
        }
        return table.text
    }
}

extension BlobReport {
    nonisolated func json(usedBy uses: [BlobUse]) -> JSONValue {
        [
            "path": .text(path), "blob": .text(layout.blob), "size": .bytes(layout.size),
            "chunkSize": .unsigned(layout.chunkSize), "modified": .time(layout.head.modified),
            "usedBy": .array(uses.map(\.json)),
            "chunks": .array(zip(layout.chunks, placements).map { $0.json(at: $1) }),
            "holes": .array(layout.holes.map { ["offset": .unsigned($0.offset), "length": .unsigned($0.length)] }),
            "state": .string(state.printed),
        ]
    }
}

extension BlobUse {
    nonisolated var json: JSONValue {
        ["repository": .text(repository), "tag": .text(tag), "digest": .text(digest)]
    }
}

extension ChunkLayout.Chunk {
    nonisolated func json(at placement: Placement?) -> JSONValue {
        [
            "index": .count(index), "object": .text(object), "offset": .unsigned(offset), "length": .bytes(length),
            "expected": .unsigned(expected), "state": .string(state.rawValue), "pg": .text(placement?.placementGroup),
            "osds": placement.map { .array($0.osds.map { .count($0) }) } ?? .null,
        ]
    }
}

extension BlobReport.State {
    /// As `chunks` prints it, which reads lengths only.
    nonisolated fileprivate var printed: String { self == .ok ? rawValue : "damaged" }
}
