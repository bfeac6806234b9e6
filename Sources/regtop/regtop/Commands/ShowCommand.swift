import AdminCore
import ArgumentParser

/// `regtop show REF`
struct ShowCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a manifest with its configuration, history, layers, signatures, or the manifests of an index.",
        discussion: """
            A repository without tag and digest is shown with all its manifests, tagged or not.

            A digest may be shortened to its first four digits or more, with or without sha256:. If several begin so, they are listed.

            The state of a blob is ok; missing; unlinked: it is there, but the repository may not serve it, for its layer link is \
            gone; elsewhere: it is not in the pool and need not be, since the manifest says where to fetch it, and it counts in no sum; or \
            damaged, by its first and its last chunk; `regtop chunks` looks at all. Sizes are the pool's own; what a manifest claims otherwise is a note.

            JSON: {name, tag, digest, mediaType, size, config, layers:[{digest, size, mediaType, state}], \
            manifests:[{digest, size, mediaType, platform, state}], signatures, state}; where there is something to say, also notes, kind \
            (Helm chart, cosign signature, SBOM, WASM, attestation, or artifact with its type), and of the manifests of an index osVersion, \
            osFeatures, label and attestationOf.

            EXAMPLES:
              regtop show app/web:1.0
              regtop show app/web@11c79a8d
              regtop show app/web:1.0 -f json | jq -r '.layers[].digest'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), transform: ArgumentText.given)
    var given: GivenReference

    func run(in context: CommandContext) async throws {
        let pass = context.session.registry.pass()
        try await Missing.named(given, in: context.session) { reference in
            guard case .repository = reference.selector else {
                let image = try await pass.image(reference)
                if image.state == .damaged { try await context.warnOfChunkSize() }
                // The JSON has nothing of it.
                let recipe = format.format == .plain ? try await pass.recipes(of: image).values.first : nil
                return try await context.print(format.format, json: image.json, plain: ImageText.plain(image, recipe))
            }
            try await show(reference.repository, pass, context)
        }
    }

    private func show(_ name: RepositoryName, _ pass: RegistryPass, _ context: CommandContext) async throws {
        let summary = try await pass.summary(of: name)
        let digests = try await pass.revisions(of: name)
        let images = try await Windowed.map(digests, phase: "manifests", in: context) { digest -> ImageDetail? in
            guard let reference = ImageReference(name, .digest(digest)) else { return nil }
            return try await pass.image(reference)
        }
        if summary.state == .damaged { try await context.warnOfChunkSize() }
        try await context.print(
            format.format, json: summary.json(manifests: images), plain: ImageText.plain(summary, manifests: images))
    }
}
