import AdminCore
import Presentation
import ArgumentParser

/// `regtop why DIGEST`
struct WhyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show the tags and manifests that need a blob, or why it is garbage.",
        discussion: """
            why lists every tag and every untagged manifest that needs the blob, with the indexes and manifests on the \
            way.

            STATE is needed; trash: only an entry of the trash needs it; quarantine: a collection has moved it and not yet \
            freed it; unreferenced: nothing needs it, and a collection will find it; missing: it does not exist. A \
            repository may have a link to a blob that none of its manifests needs; such a link keeps nothing.

            JSON: {digest, state, size, uses:[{repository, tag, digest, path}], trash, quarantine, linkedIn}; path has the \
            digests of the manifests from the tag to the blob; trash and quarantine name the entries with the blob; \
            linkedIn has the repositories with a link that no manifest needs.

            The first four digits of a digest are enough, with or without sha256:. If several digests begin with them, why \
            lists them.

            EXAMPLES:
              regtop why sha256:d7753236…
              regtop why d7753236 -f json | jq -r '.uses[].repository' | sort -u
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("The digest of a blob; four digits are enough.", valueName: "digest"),
        completion: .values(.digest),
        transform: ArgumentText.digest)
    var given: DigestPrefix

    func run(in context: CommandContext) async throws {
        let inspector = BlobInspector(registry: context.session.registry)
        let found: BlobExplanation
        do {
            let progress = context.progress.handler
            let digest = try await inspector.digest(matching: given, progress: progress)
            found = try await inspector.explain(digest, progress: progress)
        } catch DigestPrefixError.unknown {
            throw unknown(in: context)
        }
        guard found.state != .missing || !found.linkedIn.isEmpty else { throw unknown(in: context) }
        try await context.print(format.format, json: found.json, plain: WhyText.plain(found))
    }

    private func unknown(in context: CommandContext) -> CommandFailure {
        CommandFailure(
            "no blob \(given) in \(context.session.name), and nothing needs it; `regtop show` lists the digests of an image"
        )
    }
}

/// The explanation of a blob as text.
nonisolated enum WhyText {
    static func plain(_ found: BlobExplanation) -> String {
        var facts = FactLines()
        facts.add("blob", found.digest.string)
        facts.add("size", found.size.map { "\($0) bytes" })
        facts.add("state", found.state.rawValue)
        facts.add("because", reason(found.state))
        for name in found.trash { facts.add("in the trash", name) }
        for name in found.quarantine { facts.add("quarantine", name) }
        for name in found.linkedIn { facts.add("linked in", "\(name), but no manifest there needs it") }
        guard !found.uses.isEmpty else { return facts.text }
        var table = PlainTable(.left("REPOSITORY"), .left("TAG"), .left("WAY"))
        for use in found.uses {
            let way = use.path.isEmpty ? "itself" : use.path.map(PlainTable.short).joined(separator: ">")
            table.add(use.repository.string, use.tag ?? "", way)
        }
        return facts.text + "\n" + table.text
    }

    private static func reason(_ state: BlobExplanation.State) -> String {
        switch state {
        case .needed: "manifests need it"
        case .trash: "only the trash needs it; it is reclaimable after the trash is emptied"
        case .quarantine: "nothing needed it, and a collection moved it to the quarantine"
        case .unreferenced: "nothing needs it: it is garbage and reclaimable"
        case .missing: "it does not exist"
        }
    }
}

extension BlobExplanation {
    nonisolated var json: JSONValue {
        [
            "digest": .text(digest), "state": .string(state.rawValue), "size": .bytes(size),
            "uses": .array(uses.map(\.jsonWithPath)), "trash": .array(trash.map { .string($0) }),
            "quarantine": .array(quarantine.map { .string($0) }), "linkedIn": .array(linkedIn.map { .text($0) }),
        ]
    }
}

extension BlobUse {
    /// The use with the path from its manifest to the blob.
    nonisolated var jsonWithPath: JSONValue {
        [
            "repository": .text(repository), "tag": .text(tag), "digest": .text(digest),
            "path": .array(path.map { .text($0) }),
        ]
    }
}
