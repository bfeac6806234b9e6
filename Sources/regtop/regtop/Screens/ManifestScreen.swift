import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// One image: its manifest, configuration, history with layers and signatures; for an index, also
/// all of these of each of its images.
final class ManifestScreen: Screen {
    private let store: OpenStore
    private let reference: ImageReference
    private let view: TableView<ManifestRow>
    private let scale = Scale()
    private var image: ImageDetail?
    /// The problems of the image that can be repaired.
    private var repairable: [Problem] = []
    /// The recipes, by manifest.
    private var recipes: [Digest: ImageRecipe] = [:]
    private var generation: Int?

    init(_ store: OpenStore, _ reference: ImageReference) {
        self.store = store
        self.reference = reference
        view = TableView(
            Table(
                columns: ManifestRow.columns(scale),
                searchText: {
                    "\($0.name) \($0.digest?.string ?? "") \($0.mediaType ?? "") \($0.state ?? "") \($0.command)"
                }))
        view.hasDetailsBeside = false
        view.empty = "Reading the manifest …"
        view.clipKind = { $0.digest == nil ? .name : .digest }
        view.clip = { $0.digest?.string ?? $0.name }
        view.others = { row in
            guard let digest = row.digest else { return row.command.isEmpty ? [] : [CopyItem(.name, row.command)] }
            let isManifest = row.part == .manifest || row.part == .child
            let name = isManifest ? [CopyItem(.name, "\(reference.repository)@\(digest)")] : []
            return name + [CopyItem(.path, store.session.registry.paths.blob(digest).string)]
        }
    }

    var title: TitleBar {
        var details: [Line] = []
        if let image {
            details.append(Cells.state(image.state.rawValue))
            details.append(Line(HumanText.bytes(image.size)))
            details.append(Cells.kind(image.kind, image.mediaType))
            if !image.platforms.isEmpty { details.append(Line(image.platforms.joined(separator: " "))) }
            if let created = image.created {
                details.append(Line("created \(HumanText.second(created))", .dim))
            } else if let undated = image.undated {
                details.append(Line("no date (“\(undated)”)", .dim))
            }
        }
        if !view.table.filter.isEmpty { details += view.selection }
        return TitleBar(title: reference.description, details: details)
    }

    /// The problems, the table and, if there is room, details of the row under the cursor.
    func lines(_ size: Size) -> [Line] {
        let problems =
            (Line.marked(image?.problems ?? [], "! ", .bad, columns: size.columns)
            + Line.marked(image?.notes ?? [], "· ", .dim, columns: size.columns))
            .prefix(max(0, size.rows - 6))
        let rest = Size(rows: size.rows - problems.count, columns: size.columns)
        guard rest.rows >= 16, !view.table.rows.isEmpty else { return problems + view.lines(rest) }
        return problems + view.lines(rest, details: view.table.selected?.details ?? [], rows: 6)
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["show", reference.description] + store.words }

    func appear() -> Effect {
        generation == store.generation ? .none : refresh()
    }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Shows the image of an index, or the blob of another row",
                isEnabled: { [unowned self] in view.table.selected?.digest != nil }
            ) { [unowned self] in open() },
            Command(
                name: "chunks", keys: [.character("o")], hint: "chunks", help: "Shows the chunks of the blob",
                isEnabled: { [unowned self] in view.table.selected?.digest != nil }
            ) { [unowned self] in
                view.table.selected?.digest.map { .go(BlobScreen(store, .digest($0))) } ?? .none
            },
            Command(
                name: "config", keys: [.character("i")], hint: "config",
                help: "Shows the configuration of the image and its history",
                isEnabled: { [unowned self] in recipe != nil }
            ) { [unowned self] in showRecipe() },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete image",
                help: "Deletes this manifest and all of its tags, after a question", group: .change,
                isChange: true, isEnabled: { [unowned self] in image?.digest != nil }
            ) { [unowned self] in
                guard let digest = image?.digest, let target = ImageReference(reference.repository, .digest(digest))
                else { return .none }
                return ChangeFlow(store: store, screen: self).remove([target])
            },
            ChangeFlow(store: store, screen: self).tagCommand(
                names: { [] }, of: { [unowned self] in selectedManifest }),
            Command(
                name: "repair", keys: [.character("R")], hint: "repair",
                help: "Repairs the damage of this image, after a question", group: .change, isChange: true,
                isEnabled: { [unowned self] in !repairable.isEmpty },
                reason: { [unowned self] in
                    let key = store.settings.key("problems")
                    return "No damage of these blobs has a repair; \(key) lists damaged tags and links."
                }
            ) { [unowned self] in ChangeFlow(store: store, screen: self).repair(repairable) },
            store.verifyCommand("Verifies the image", isEnabled: { [unowned self] in image != nil }) {
                [unowned self] in [.reference(reference)]
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads the image again") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.json },
        ] + ChangeFlow(store: store, screen: self).undoCommands + view.commands

    private func open() -> Effect {
        guard let row = view.table.selected, let digest = row.digest else { return .none }
        if row.part == .child, let child = ImageReference(reference.repository, .digest(digest)) {
            return .go(ManifestScreen(store, child))
        }
        return .go(BlobScreen(store, .digest(digest)))
    }

    /// The manifest under the cursor; on a row that is none, the manifest of this screen.
    private var selectedManifest: ImageReference? {
        let row = view.table.selected
        let digest = row?.part == .child ? row?.digest : image?.digest
        return digest.flatMap { ImageReference(reference.repository, .digest($0)) }
    }

    /// The recipe of the image whose part is under the cursor.
    private var recipe: ImageRecipe? { view.table.selected?.owner.flatMap { recipes[$0] } }

    private func showRecipe() -> Effect {
        guard let recipe, let digest = view.table.selected?.owner,
            let part = image?.withChildren.first(where: { $0.digest == digest })
        else { return .none }
        let isWhole = digest == image?.digest
        let named = isWhole ? reference : ImageReference(reference.repository, .digest(digest)) ?? reference
        return .go(
            RecipeScreen(
                isWhole ? reference.description : part.platforms.first ?? "image", recipe, layers: part.layers,
                words: ["show", named.description] + store.words))
    }

    /// Judges the damage as `fsck` does, and finds its repairs. This may read the content of blobs.
    private func judgement(in pass: RegistryPass) -> Query {
        let inspector = BlobInspector(registry: store.session.registry)
        let (reference, recipes) = (reference, recipes)
        return .value(Slot(self, "judgement"), "judging the content") {
            let (image, repairable) = try await inspector.judged(reference, in: pass, expanding: true)
            return (image, repairable, ManifestRow.rows(image, recipes))
        } then: { [unowned self] result in
            guard case .success((let image, let repairable, let rows)) = result else { return .none }
            (self.image, self.repairable) = (image, repairable)
            view.table.replace(rows)
            return .none
        }
    }

    private func refresh() -> Effect {
        generation = store.generation
        let pass = store.session.registry.pass()
        let reference = reference
        return .ask(
            .value(Slot(self, "image"), "reading \(reference)") {
                let image = try await pass.image(reference, expanding: true)
                let recipes = try await pass.recipes(of: image)
                return (image, recipes, ManifestRow.rows(image, recipes))
            } then: { [unowned self] result in
                switch result {
                case .success((let image, let recipes, let rows)):
                    (self.image, self.recipes) = (image, recipes)
                    scale.take(rows.compactMap(\.size))
                    view.table.replace(rows)
                    repairable = []
                    return image.state == .ok ? .none : .ask(judgement(in: pass))
                case .failure(StorageError.notFound):
                    image = nil
                    view.table.replace([])
                    view.empty = "This manifest does not exist any more."
                    return .none
                case .failure(let error):
                    view.empty = "The manifest could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }
}

/// A part of an image: its manifest, its configuration, a layer or another step of its history, a
/// manifest of an index, or a signature.
nonisolated struct ManifestRow: Sendable, Identifiable {
    enum Part: Hashable, Sendable {
        case manifest
        case configuration
        case layer
        /// A step of the history without a layer.
        case step
        case child
        case signature
    }

    /// The index in the list; a digest may occur more than once.
    let id: Int
    let part: Part
    /// The name, such as `layer 3` or `linux/arm64`.
    let name: String
    /// The depth in nested indexes.
    var depth = 0
    var digest: Digest?
    var size: UInt64?
    var mediaType: String?
    var state: String?
    /// The command that made a layer, or that a configuration runs.
    var command = ""
    /// The step of the history that made the layer.
    var step: ImageRecipe.Step?
    /// The manifest of the image.
    var owner: Digest?

    /// Returns all parts of an image: the manifest first, images in the order of their index,
    /// layers and steps in the order of the history.
    ///
    /// - Parameter recipes: The recipes by manifest.
    static func rows(_ image: ImageDetail, _ recipes: [Digest: ImageRecipe]) -> [ManifestRow] {
        var list = List(recipes: recipes)
        list.add(.manifest, "manifest") {
            $0.owner = image.digest
            $0.digest = image.digest
            $0.size = image.manifestSize
            $0.mediaType = image.mediaType
            $0.state = image.manifestState.rawValue
        }
        list.addParts(of: image)
        return list.rows
    }

    private struct List {
        let recipes: [Digest: ImageRecipe]
        var rows: [ManifestRow] = []
        private var depth = 0
        private var owner: Digest?
        /// The number of further steps without a layer to show: a small configuration may have
        /// thousands, and many images may share it.
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
                    // The parts of the entry follow, each with its own state.
                    let isWhole = child.state != .damaged || child.image == nil
                    $0.state = (isWhole ? child.state : child.image?.manifestState ?? child.state).rawValue
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

    /// The row with the keys that `show` has for blobs, and the command of the history in full.
    var json: JSONValue {
        [
            "part": .string(name), "manifest": .text(owner), "digest": .text(digest), "size": .bytes(size),
            "mediaType": .text(mediaType), "state": .text(state), "created": .time(step?.created),
            "command": .string(step?.command ?? command),
        ]
    }

    /// The facts for which the table has no room: at most five lines.
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
                id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state ?? "" },
                details: { Cells.meaning(of: $0.state) }
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
