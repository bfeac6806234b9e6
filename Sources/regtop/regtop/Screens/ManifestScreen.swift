import AdminCore

/// One image: its manifest, its configuration, its history with the layers, what an index names with all of theirs, signatures.
final class ManifestScreen: Screen {
    private let store: OpenStore
    private let reference: ImageReference
    private let view: TableView<ManifestRow>
    private let scale = Scale()
    private var image: ImageDetail?
    /// By manifest.
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
        view.empty = "Reading the manifest …"
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

    /// Above the table, what is wrong; below it, where there is room, more of the row under the cursor.
    func lines(_ size: Size) -> [Line] {
        func listed(_ sentences: [String]?, _ mark: String, _ style: Style) -> [Line] {
            (sentences ?? []).flatMap { sentence in
                Line.wrapped(sentence, to: max(1, size.columns - 2), style).map { Line(mark, style) + $0 }
            }
        }
        let problems = (listed(image?.problems, "! ", .bad) + listed(image?.notes, "· ", .dim))
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
                help: "Shows the image an index names; of everything else its blob",
                isEnabled: { [unowned self] in view.table.selected?.digest != nil }
            ) { [unowned self] in open() },
            Command(
                name: "chunks", keys: [.character("c")], hint: "chunks", help: "Shows how the blob is striped",
                isEnabled: { [unowned self] in view.table.selected?.digest != nil }
            ) { [unowned self] in
                view.table.selected?.digest.map { .go(BlobScreen(store, .digest($0))) } ?? .none
            },
            Command(
                name: "config", keys: [.character("i")], hint: "config",
                help: "Shows how the image is run, and every step that made it",
                isEnabled: { [unowned self] in recipe != nil }
            ) { [unowned self] in showRecipe() },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete",
                help: "Deletes this manifest and every tag that names it, after a question", group: .change,
                isChange: true, isEnabled: { [unowned self] in image?.digest != nil }
            ) { [unowned self] in
                guard let digest = image?.digest, let target = ImageReference(reference.repository, .digest(digest))
                else { return .none }
                return ChangeFlow(store: store, screen: self).remove([target])
            },
            ChangeFlow(store: store, screen: self).undoCommand,
            store.verifyCommand("Verifies the image", isEnabled: { [unowned self] in image != nil }) {
                [unowned self] in [.reference(reference)]
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads it anew") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
        ] + view.commands

    private func open() -> Effect {
        guard let row = view.table.selected, let digest = row.digest else { return .none }
        if row.part == .child, let child = ImageReference(reference.repository, .digest(digest)) {
            return .go(ManifestScreen(store, child))
        }
        return .go(BlobScreen(store, .digest(digest)))
    }

    /// Of the image whose part is under the cursor.
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
                    return .none
                case .failure(StorageError.notFound):
                    image = nil
                    view.table.replace([])
                    view.empty = "There is no such manifest any more."
                    return .none
                case .failure(let error):
                    view.empty = "The manifest could not be read; r tries again."
                    return .failure(error)
                }
            })
    }
}
