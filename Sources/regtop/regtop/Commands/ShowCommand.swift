import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop show REF`
struct ShowCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a manifest: configuration, history, layers, signatures, or the manifests of an index.",
        discussion: """
            A repository without tag and digest is shown with all its manifests, tagged or not.

            The first four digits of a digest are enough, with or without sha256:. If several digests begin with them, \
            show lists them.

            The state of a blob is ok; missing; unlinked: it exists, but the repository may not serve it, because its \
            layer link is gone; elsewhere: the manifest says where to download it, so it need not be in the pool and \
            counts in no sum; or damaged, judged by the first and the last chunk (`regtop chunks` checks all). Sizes are \
            those of the pool; if a manifest has another size, a note says so.

            JSON: {name, tag, digest, mediaType, size, config, layers:[{digest, size, mediaType, state}], \
            manifests:[{digest, size, mediaType, platform, state}], signatures, state}; if they apply also notes, kind \
            (Helm chart, cosign signature, SBOM, WASM, attestation, or artifact with its type), and for the manifests of \
            an index osVersion, osFeatures, label and attestationOf.

            EXAMPLES:
              regtop show app/web:1.0
              regtop show app/web@11c79a8d
              regtop show app/web:1.0 -f json | jq -r '.layers[].digest'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), completion: .values(.reference),
        transform: ArgumentText.given)
    var given: GivenReference

    func run(in context: CommandContext) async throws {
        let pass = context.session.registry.pass()
        try await Missing.named(given, in: context.session) { reference in
            guard case .repository = reference.selector else {
                let image = try await pass.image(reference)
                if image.state != .ok { try await context.warnOfChunkSize() }
                // Only the text shows the history.
                let recipe = format.format == .plain ? try await pass.recipes(of: image).values.first : nil
                return try await context.print(format.format, json: image.json, plain: ImageText.plain(image, recipe))
            }
            try await show(reference.repository, pass, context)
        }
    }

    private func show(_ name: RepositoryName, _ pass: RegistryPass, _ context: CommandContext) async throws {
        let summary = try await pass.summary(of: name)
        let digests = try await pass.revisions(of: name)
        let images = try await context.rows(of: digests, phase: "manifests") { digest -> ImageDetail? in
            guard let reference = ImageReference(name, .digest(digest)) else { return nil }
            return try await pass.image(reference)
        }
        if summary.state.printed == "damaged" { try await context.warnOfChunkSize() }
        try await context.print(
            format.format, json: summary.json(manifests: images), plain: ImageText.plain(summary, manifests: images))
    }
}

/// Images and repositories as text.
nonisolated enum ImageText {
    static func plain(_ image: ImageDetail, _ recipe: ImageRecipe?) -> String {
        var facts = FactLines()
        facts.add("name", image.name.string)
        facts.add("tag", image.tag)
        facts.add("digest", image.digest?.string)
        facts.add("type", image.mediaType)
        if let kind = image.kind, kind.isSpecial { facts.add("kind", "\(kind)") }
        facts.add("size", PlainTable.size(image.size))
        let undated = image.undated.map { "invalid date “\($0)”" }
        facts.add("created", image.created.map { TimeText.second($0) } ?? undated)
        facts.add("platforms", image.platforms.isEmpty ? nil : image.platforms.joined(separator: ", "))
        facts.add("state", image.state.printed)
        for problem in image.problems { facts.add("problem", problem) }
        for note in image.notes { facts.add("note", note) }
        for (name, values) in recipe?.facts ?? [] {
            for value in values { facts.add(name, value) }
        }
        var text = facts.text
        if image.config != nil || !image.layers.isEmpty {
            var table = PlainTable(
                .left("BLOB"), .left("DIGEST"), .right("SIZE"), .left("STATE"), .left("TYPE"))
            if let config = image.config { add(config, as: "config", to: &table) }
            for (index, layer) in image.layers.enumerated() { add(layer, as: "layer-\(index)", to: &table) }
            text += "\n" + table.text
        }
        if let recipe, !recipe.steps.isEmpty { text += "\n" + history(recipe, layers: image.layers.count) }
        if !image.manifests.isEmpty {
            // Some manifests have the same platform.
            let isLabelled = image.manifests.contains { $0.label != $0.platform }
            var table = PlainTable(
                [.left("MANIFEST"), .right("SIZE"), .left("PLATFORM"), .left("STATE"), .left("TYPE")]
                    + (isLabelled ? [.text("WHAT")] : []))
            for child in image.manifests {
                table.add(
                    child.digest.string, PlainTable.size(child.size), child.platform ?? "", child.state.printed,
                    child.mediaType ?? "", child.label ?? "")
            }
            text += "\n" + table.text
        }
        if !image.signatures.isEmpty {
            var table = PlainTable(.left("SIGNATURE"))
            for signature in image.signatures { table.add(signature.string) }
            text += "\n" + table.text
        }
        return text
    }

    /// A repository with its manifests.
    static func plain(_ summary: RepositorySummary, manifests: [ImageDetail]) -> String {
        var facts = FactLines()
        facts.add("name", summary.name.string)
        facts.add("tags", HumanText.count(summary.tags))
        facts.add("uploads", HumanText.count(summary.uploads))
        if summary.unneededLinks > 0 {
            facts.add("unneeded", "\(HumanText.count(summary.unneededLinks, "layer link")) that no manifest needs")
        }
        facts.add("size", PlainTable.size(summary.size))
        facts.add("modified", TimeText.second(summary.modified))
        facts.add("state", summary.state.printed)
        for problem in summary.problems { facts.add("problem", problem) }
        var table = PlainTable(.left("MANIFEST"), .right("SIZE"), .left("PLATFORMS"), .left("STATE"), .left("TYPE"))
        for image in manifests {
            table.add(
                image.digest?.string ?? "", PlainTable.size(image.size), image.platforms.joined(separator: ","),
                image.state.printed, image.mediaType ?? "")
        }
        return facts.text + "\n" + table.text
    }

    /// The steps that made the layers, the oldest first.
    private static func history(_ recipe: ImageRecipe, layers: Int) -> String {
        var lines = FactLines()
        lines.add("STEP", "CREATED               COMMAND")
        for (step, layer) in recipe.history(layers: layers) {
            guard let step else { continue }
            let created = TimeText.second(step.created).padding(toLength: 22, withPad: " ", startingAt: 0)
            lines.add(layer.map { "layer-\($0)" } ?? HumanText.unknown, created + step.short)
        }
        return lines.text
    }

    private static func add(_ blob: ImageDetail.Blob, as name: String, to table: inout PlainTable) {
        table.add(
            name, blob.digest.string, PlainTable.size(blob.state == .elsewhere ? nil : blob.size), blob.state.printed,
            blob.mediaType ?? "")
    }
}
