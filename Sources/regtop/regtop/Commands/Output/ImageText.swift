import AdminCore
import Foundation

/// `show` for people: facts, then tables.
nonisolated enum ImageText {
    static func plain(_ image: ImageDetail, _ recipe: ImageRecipe?) -> String {
        var facts = FactLines()
        facts.add("name", image.name.string)
        facts.add("tag", image.tag)
        facts.add("digest", image.digest?.string)
        facts.add("type", image.mediaType)
        if let kind = image.kind, kind.isSpecial { facts.add("kind", "\(kind)") }
        facts.add("size", PlainTable.size(image.size))
        let undated = image.undated.map { "no date: it says “\($0)”" }
        facts.add("created", image.created.map { TimeText.second($0) } ?? undated)
        facts.add("platforms", image.platforms.isEmpty ? nil : image.platforms.joined(separator: ", "))
        facts.add("state", image.state.rawValue)
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
            // Where the platform does not tell all of them apart.
            let isLabelled = image.manifests.contains { $0.label != $0.platform }
            var table = PlainTable(
                [.left("MANIFEST"), .right("SIZE"), .left("PLATFORM"), .left("STATE"), .left("TYPE")]
                    + (isLabelled ? [.text("WHAT")] : []))
            for child in image.manifests {
                table.add(
                    child.digest.string, PlainTable.size(child.size), child.platform ?? "", child.state.rawValue,
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

    /// A repository with all its manifests.
    static func plain(_ summary: RepositorySummary, manifests: [ImageDetail]) -> String {
        var facts = FactLines()
        facts.add("name", summary.name.string)
        facts.add("tags", HumanText.count(summary.tags))
        facts.add("uploads", HumanText.count(summary.uploads))
        if summary.unneededLinks > 0 {
            facts.add("holds", "\(HumanText.count(summary.unneededLinks, "layer link")), and no manifest that needs it")
        }
        facts.add("size", PlainTable.size(summary.size))
        facts.add("modified", TimeText.second(summary.modified))
        facts.add("state", summary.state.rawValue)
        for problem in summary.problems { facts.add("problem", problem) }
        var table = PlainTable(.left("MANIFEST"), .right("SIZE"), .left("PLATFORMS"), .left("STATE"), .left("TYPE"))
        for image in manifests {
            table.add(
                image.digest?.string ?? "", PlainTable.size(image.size), image.platforms.joined(separator: ","),
                image.state.rawValue, image.mediaType ?? "")
        }
        return facts.text + "\n" + table.text
    }

    /// What made the layers, the oldest first: a line a step, of which the last part may be any text.
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
            name, blob.digest.string, PlainTable.size(blob.state == .elsewhere ? nil : blob.size), blob.state.rawValue,
            blob.mediaType ?? "")
    }
}
