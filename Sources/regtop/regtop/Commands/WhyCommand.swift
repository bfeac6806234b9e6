import AdminCore
import ArgumentParser

/// `regtop why DIGEST`
struct WhyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show who needs a blob, and by which way, or why it is garbage.",
        discussion: """
            Every tag, and every manifest without a tag, that reaches the blob, with the indexes and manifests on the way.

            STATE is needed; trash: nothing but what lies in the trash needs it; quarantine: a collection has taken it away and not \
            freed it yet; unreferenced: it is at its place and nothing needs it, a collection finds it; missing: it is nowhere. A \
            repository may have a link to a blob that none of its manifests needs: that keeps nothing.

            JSON: {digest, state, size, uses:[{repository, tag, digest, path}], trash, quarantine, linkedIn}; path is the digests of \
            the manifests from the one that the tag names to the one that names the blob; trash and quarantine what was deleted \
            or collected; linkedIn the repositories with a link to a blob that nothing needs.

            A digest may be shortened to its first four digits or more, with or without sha256:. If several begin so, they are listed.

            EXAMPLES:
              regtop why sha256:d7753236…
              regtop why d7753236 -f json | jq -r '.uses[].repository' | sort -u
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("The blob; the first four digits or more suffice.", valueName: "digest"),
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
            "there is no blob \(given) in \(context.session.name), and nothing needs one; `regtop show` lists the digests of an image"
        )
    }
}
