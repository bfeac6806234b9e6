import AdminCore

/// A part of an image: the manifest itself, its configuration, a layer or another step of its history, a manifest of an index with all of
/// its own parts, a signature.
nonisolated struct ManifestRow: Sendable, Identifiable {
    enum Part: Hashable, Sendable {
        case manifest
        case configuration
        case layer
        /// A step of the history of which no layer came.
        case step
        case child
        case signature
    }

    /// Its place in the list; a digest may occur more than once.
    let id: Int
    let part: Part
    /// What it is called: `layer 3`, `linux/arm64`.
    let name: String
    /// How deep it lies in an index.
    var depth = 0
    var digest: Digest?
    var size: UInt64?
    var mediaType: String?
    var state: String?
    /// Of what is shown: how a layer was made, or what a configuration runs.
    var command = ""
    /// The step that made it.
    var step: ImageRecipe.Step?
    /// The manifest whose part it is, or that it is.
    var owner: Digest?

    /// Everything an image consists of, the manifest first, in the order of an index; a layer with the step that made it, in the order of its
    /// history. `recipes`: by manifest.
    static func rows(_ image: ImageDetail, _ recipes: [Digest: ImageRecipe]) -> [ManifestRow] {
        var list = List(recipes: recipes)
        list.add(.manifest, "manifest") {
            $0.owner = image.digest
            $0.digest = image.digest
            $0.size = image.manifestSize
            $0.mediaType = image.mediaType
            $0.state = image.state.rawValue
        }
        list.addParts(of: image)
        return list.rows
    }

    private struct List {
        let recipes: [Digest: ImageRecipe]
        var rows: [ManifestRow] = []
        private var depth = 0
        private var owner: Digest?
        /// How many more steps without a layer are shown: a small configuration may say thousands, and many images share it.
        private var stepsLeft = 2000

        init(recipes: [Digest: ImageRecipe]) { self.recipes = recipes }

        mutating func add(_ part: Part, _ name: String, _ fill: (inout ManifestRow) -> Void) {
            var row = ManifestRow(id: rows.count, part: part, name: name, depth: depth, owner: owner)
            fill(&row)
            rows.append(row)
        }

        mutating func addParts(of image: ImageDetail) {
            let outer = owner
            owner = image.digest
            let recipe = owner.flatMap { recipes[$0] }
            if let config = image.config {
                add(.configuration, "config") {
                    $0.take(config)
                    $0.command = Cells.excerpt(recipe?.run ?? "")
                }
            }
            addHistory(image.layers, recipe)
            for child in image.manifests {
                add(.child, Cells.excerpt(child.label ?? "manifest")) {
                    $0.owner = child.digest
                    $0.digest = child.digest
                    $0.size = child.size
                    $0.mediaType = child.mediaType
                    $0.state = child.state.rawValue
                }
                guard let image = child.image else { continue }
                depth += 1
                addParts(of: image)
                depth -= 1
            }
            for digest in image.signatures { add(.signature, "signature") { $0.digest = digest } }
            owner = outer
        }

        private mutating func addHistory(_ layers: [ImageDetail.Blob], _ recipe: ImageRecipe?) {
            let history = recipe?.history(layers: layers.count) ?? layers.indices.map { (nil, $0) }
            for (step, layer) in history {
                if layer == nil {
                    stepsLeft -= 1
                    if stepsLeft < 0 { continue }
                }
                add(layer == nil ? .step : .layer, layer.map { "layer \($0 + 1)" } ?? "step") {
                    if let layer { $0.take(layers[layer]) }
                    $0.step = step
                    $0.command = Cells.excerpt(step?.short ?? "")
                }
            }
        }
    }

    private mutating func take(_ blob: ImageDetail.Blob) {
        digest = blob.digest
        size = blob.state == .elsewhere ? nil : blob.size
        mediaType = blob.mediaType
        state = blob.state.rawValue
    }

    /// What the table has no room for: at most five lines.
    var details: [Line] {
        var lines: [Line] = []
        func fact(_ name: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            lines.append(Line(name, .dim).fitted(to: 9) + Line(Cells.excerpt(value)))
        }
        fact("digest", digest?.string)
        fact("type", mediaType)
        fact("made", step?.created.map(HumanText.second))
        if part != .configuration { fact("by", step?.command) }
        if part == .configuration { fact("runs", command) }
        fact("comment", step?.comment)
        return lines
    }

    static func columns(_ scale: Scale) -> [Column<ManifestRow>] {
        [
            Column(
                id: "part", title: "PART", trimming: .middle, minimum: 10, ideal: 16, isSearched: true,
                order: .text { $0.name }
            ) {
                row, _ in Line(String(repeating: "  ", count: min(row.depth, 8)) + row.name)
            },
            Column(id: "digest", title: "DIGEST", minimum: 15, ideal: 71, priority: 3, isSearched: true) { row, width in
                Cells.digest(row.digest, width)
            },
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.size) }, startsDescending: true
            ) { row, _ in Cells.size(row.size) },
            Column(id: "bar", title: "", minimum: 8, ideal: 12, priority: 6) { row, width in
                scale.bar(row.size ?? 0, unique: nil, columns: width)
            },
            Column(
                id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state ?? "" }
            ) { row, _ in row.state.map(Cells.state) ?? Cells.unknown },
            Column(id: "command", title: "COMMAND", minimum: 20, priority: 2, isSearched: true) { row, _ in
                Line(row.command)
            },
            Column(id: "type", title: "MEDIA TYPE", trimming: .middle, minimum: 20, ideal: 30, priority: 7) { row, _ in
                row.mediaType.map { Line($0, .dim) } ?? Cells.unknown
            },
        ]
    }
}
