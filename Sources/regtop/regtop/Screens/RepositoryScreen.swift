import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// A repository: its tags, the manifests without a tag, and unfinished uploads.
final class RepositoryScreen: Screen, TargetScreen {
    private let store: OpenStore
    private let name: RepositoryName
    private let view: TableView<RepositoryItem>
    private var queue: WorkQueue<RepositoryItem.Identity>?
    private var generation: Int?
    /// The manifests of indexes with a tag, each with that tag.
    private var parents: [Digest: String] = [:]
    /// The tags of the images to which companions with a tag belong, and the tags of manifests.
    private var images: [RepositoryItem.Identity: [String]] = [:]
    private var tagsOf: [Digest: [String]] = [:]
    /// The damage that no row shows, a sentence each.
    private var faults: [String] = []
    private lazy var freshness = Freshness(store, self)
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore, _ name: RepositoryName) {
        self.store = store
        self.name = name
        view = TableView(
            Table(
                columns: RepositoryItem.columns, searchText: { $0.searchText }, fields: FilterField.ofTags,
                clock: store.session.clock,
                values: { $0.value(of: $1) }),
            canMark: true)
        view.empty = "Listing tags …"
        view.clip = { $0.reference(in: name)?.description ?? $0.name }
        view.others = { row in
            let paths = store.session.registry.paths
            let path: StoragePath? =
                switch row.id {
                case .tag(let tag): paths.currentLink(name, tag: tag)
                case .manifest(let digest): paths.revision(name, digest)
                case .upload(let identifier): try? paths.uploads(name).appending(identifier)
                }
            let digest = row.digest.map { [CopyItem(.digest, $0.string), CopyItem(.name, "\(name)@\($0)")] } ?? []
            return digest + (path.map { [CopyItem(.path, $0.string)] } ?? [])
        }
    }

    var title: TitleBar { TitleBar(title: name.string, details: counts + view.selection) }

    private var counts: [Line] {
        var tags = 0
        var companions = 0
        var manifests = 0
        var uploads = 0
        for row in view.table.rows {
            switch row.id {
            case _ where row.companion != nil: companions += 1
            case .tag: tags += 1
            case .manifest: manifests += row.parent == nil ? 1 : 0
            case .upload: uploads += 1
            }
        }
        return [
            tags > 0 ? Line(HumanText.count(tags, "tag")) : nil,
            companions > 0 ? Line(HumanText.count(companions, "companion"), .dim) : nil,
            manifests > 0 ? Line("\(HumanText.count(manifests)) without a tag", .warning) : nil,
            uploads > 0 ? Line(HumanText.count(uploads, "upload"), .warning) : nil,
        ].compactMap(\.self)
    }

    /// The damage of the repository itself, and the table.
    func lines(_ size: Size) -> [Line] {
        let top = Line.marked(faults, "! ", .bad, columns: size.columns).prefix(max(0, min(4, size.rows - 6)))
        let lines = Array(top) + view.lines(Size(rows: size.rows - top.count, columns: size.columns))
        queue?.hurry(view.inSight.filter { !$0.isKnown }.map(\.id))
        return lines
    }

    func remove(done targets: Set<String>, by action: PlanAction) {
        guard action == .remove || action == .move else { return }
        view.table.remove { row in row.reference(in: name).map { targets.contains($0.description) } ?? false }
    }

    func follow(to name: ImageReference) {
        if name.repository == self.name, case .tag(let tag) = name.selector { view.table.follow(to: .tag(tag)) }
    }

    func escape() -> Bool { view.escape() }

    /// Looks at the listings of the tags, of the manifests and of the uploads.
    func look() -> Effect {
        let paths = store.session.registry.paths
        let directories = [paths.tags(name), paths.revisions(name).appending(.literal("sha256")), paths.uploads(name)]
        return freshness.look(at: directories) { [unowned self] in view.isOutdated = true }
    }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["tags", name.string] + view.filterWords + store.words }

    func appear() -> Effect {
        guard generation != store.generation else { return .none }
        let isFirst = generation == nil
        return .all([refresh(), isFirst ? view.adopt(store.settings.tables["tags"]) : .none])
    }

    // MARK: Commands

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Shows the manifest, or the files of the upload",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in open() },
            Command(
                name: "compare", keys: [.character("=")], hint: "compare",
                help: "Compares the images of the two marked tags or manifests: facts, settings and layers",
                isEnabled: { [unowned self] in view.table.hasMarks(2) },
                whenDisabled: "Mark exactly two tags with Space; then = compares their images."
            ) { [unowned self] in compare() },
            Command(
                name: "against", keys: [],
                help:
                    "Compares the image under the cursor with another one, such as :against 1.0 or :against team/app:2",
                isEnabled: { [unowned self] in selectedImage != nil },
                whenDisabled: "The row under the cursor has no image to compare.",
                argument: .init(choices: { [unowned self] in tags }) { [unowned self] in compare(with: $0) }
            ) { .say(.info("Write the name of the other image as well, such as :against 1.0.")) },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete",
                help: "Deletes the marked tags and manifests, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.remove(targets, hidden: view.table.hiddenMarks) },
            Command(
                name: "retag", keys: [.character("m")], hint: "retag",
                help: "Renames the tag, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in selectedTag != nil }
            ) { [unowned self] in selectedTag.map { changeFlow.move($0, names: tags) } ?? .none },
            Command(
                name: "copy", keys: [.character("C")],
                help: "Gives the image a second name, in this or another repository, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in selectedTag != nil }
            ) { [unowned self] in selectedTag.map { changeFlow.copy($0, names: tags) } ?? .none },
            changeFlow.tagCommand(names: { [unowned self] in tags }, of: { [unowned self] in selectedManifest }),
            store.verifyCommand(
                "Verifies the marked tags and manifests, or the one under the cursor",
                isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in targets.map { .reference($0) } },
            store.exportCommand(
                on: { [unowned self] in self }, "Exports the marked tags and manifests, or the one under the cursor",
                isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in targets },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything again") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
            view.writeCommand(on: { [unowned self] in self }, isRead: { $0.isKnown }) { $0.json },
        ] + changeFlow.undoCommands + view.commands + [
            Command(name: "tree", keys: [.character("t")], hint: "tree", help: "Shows the tree of the repository") {
                [unowned self] in .go(TreeScreen(store, store.session.registry.paths.repository(name)))
            }
        ]

    private func open() -> Effect {
        guard let row = view.table.selected else { return .none }
        if let reference = row.reference(in: name) { return .go(ManifestScreen(store, reference)) }
        guard case .upload(let identifier) = row.id,
            let path = try? store.session.registry.paths.uploads(name).appending(identifier)
        else { return .none }
        return .go(TreeScreen(store, path))
    }

    /// Compares the marked images; the upper row is the first one.
    private func compare() -> Effect {
        let marked = view.table.markedRows.compactMap { $0.reference(in: name) }
        guard marked.count == 2 else { return .say(.info("An upload has no image to compare; mark two tags.")) }
        return .go(ImageDifferenceScreen(store, marked[0], marked[1]))
    }

    private func compare(with text: String) -> Effect {
        guard let selectedImage else { return .none }
        let text = text.split(separator: " ").joined()
        guard let other = NameInput.reference(text, beside: selectedImage), other.selector != .repository else {
            return .say(.failure("\"\(text)\" is not an image; write a tag, repository:tag or repository@digest."))
        }
        return .go(ImageDifferenceScreen(store, selectedImage, other))
    }

    private var targets: [ImageReference] {
        view.targets.compactMap { $0.reference(in: name) }
    }

    /// The names of the tags, for completion.
    private var tags: [String] {
        view.table.rows.compactMap { row in
            if case .tag = row.id { row.reference(in: name)?.description } else { nil }
        }
    }

    private var selectedImage: ImageReference? { view.table.selected?.reference(in: name) }

    private var selectedTag: ImageReference? {
        guard let row = view.table.selected, case .tag = row.id else { return nil }
        return row.reference(in: name)
    }

    /// The manifest under the cursor; nil before it is read.
    private var selectedManifest: ImageReference? {
        view.table.selected?.digest.flatMap { ImageReference(name, .digest($0)) }
    }

    // MARK: Reading

    /// Reads the names, then the tags and uploads, then the manifests without a tag, which are
    /// known only after the tags.
    private func refresh() -> Effect {
        generation = store.generation
        view.isOutdated = false
        freshness.forget()
        let pass = store.session.registry.pass()
        let name = name
        var listing = Listing()
        return .ask(
            .stream(Slot(self, "names"), "listing \(name)") { (reporter: Reporter<Listing>) in
                async let tags = pass.tagNames(of: name)
                async let revisions = pass.revisions(of: name)
                async let uploads = pass.uploads(of: name)
                reporter.emit(Listing(tags: try await tags))
                reporter.emit(
                    try await Listing(tags: tags, manifests: revisions, uploads: uploads.map(\.id)))
            } fold: { [unowned self] parts in
                listing = parts.last ?? listing
                if view.table.rows.isEmpty { show(listing.tags.map { .tag($0) }) }
            } end: { [unowned self] ending in
                switch ending {
                case .finished:
                    view.empty = "No tags, manifests or uploads; \(store.settings.key("tree")) shows the tree."
                    let sure =
                        listing.tags.map { RepositoryItem.Identity.tag($0) } + listing.uploads.map { .upload($0) }
                    // A manifest without a tag stays until the tags are read again.
                    let manifests = view.table.rows.map(\.id).filter { id in
                        if case .manifest(let digest) = id { listing.manifests.contains(digest) } else { false }
                    }
                    show(sure + manifests)
                    return .all([
                        look(),
                        scan(sure, pass) { [unowned self] in
                            .all([scanManifests(listing, pass), .ask(faultsQuery(pass))])
                        },
                    ])
                case .cancelled: return .none
                case .failed(StorageError.notFound):
                    view.table.replace([])
                    view.empty = "This repository does not exist any more."
                    return .none
                case .failed(let error):
                    view.empty = "The tags could not be listed; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }

    /// Finds the damage that no row shows.
    private func faultsQuery(_ pass: RegistryPass) -> Query {
        let name = name
        return .value(Slot(self, "faults"), "looking at \(name)") {
            try await pass.ownFaults(of: name)
        } then: { [unowned self] result in
            faults = (try? result.get()) ?? []
            return .none
        }
    }

    /// The names in a repository.
    private nonisolated struct Listing: Sendable {
        var tags: [String] = []
        var manifests: [Digest] = []
        var uploads: [String] = []
    }

    /// Shows these rows; keeps the known content of each.
    private func show(_ ids: [RepositoryItem.Identity]) {
        let known = Dictionary(uniqueKeysWithValues: view.table.rows.map { ($0.id, $0) })
        view.table.replace(ids.map { known[$0] ?? RepositoryItem(id: $0) })
    }

    private func scanManifests(_ listing: Listing, _ pass: RegistryPass) -> Effect {
        let rows = view.table.rows
        let tagged = Set(rows.compactMap { $0.tag?.digest })
        parents = [:]
        tagsOf = [:]
        for row in rows {
            for child in row.children where parents[child] == nil { parents[child] = row.tag?.tag }
        }
        let arranged = TagSummary.arranged(rows.compactMap(\.tag))
        images = arranged.reduce(into: [:]) { $0[.tag($1.tag.tag)] = $1.images }
        for row in arranged where row.tag.companion == nil {
            for digest in [row.tag.digest].compactMap(\.self) + row.tag.parts {
                tagsOf[digest, default: []].append(row.tag.tag)
            }
        }
        let known = Set(arranged.map(\.tag.tag))
        let tags = arranged.map(\.tag.tag) + listing.tags.filter { !known.contains($0) }
        let untagged = listing.manifests.filter { !tagged.contains($0) }.map { RepositoryItem.Identity.manifest($0) }
        show(tags.map { .tag($0) } + untagged + listing.uploads.map { .upload($0) })
        view.table.update(
            view.table.rows.filter { $0.companion != nil }.map { row in
                var row = row
                row.images = images[row.id] ?? []
                return row
            })
        return scan(untagged, pass) { .none }
    }

    private func scan(
        _ ids: [RepositoryItem.Identity], _ pass: RegistryPass, then next: @escaping () -> Effect
    ) -> Effect {
        guard !ids.isEmpty else { return next() }
        let queue = WorkQueue(ids)
        self.queue = queue
        let name = name
        return .ask(
            .scan(Slot(self, "scan"), "reading manifests", unit: "rows", queue) { id in
                try await Self.look(at: id, of: name, pass)
            } fold: { [unowned self] findings in
                view.table.update(
                    findings.map { finding in
                        switch finding.result {
                        case .success(var item):
                            item.parent = item.digest.flatMap { parents[$0] }
                            item.images = images[item.id] ?? item.companion.flatMap { tagsOf[$0.subject] } ?? []
                            return item
                        case .failure(let error):
                            return RepositoryItem(id: finding.key, failure: ErrorSentence.of(error))
                        }
                    })
            } end: { [unowned self] ending in
                self.queue = nil
                view.table.settle()
                switch ending {
                case .finished: return next()
                case .cancelled: return .none
                case .failed(let error): return .failure(error)
                }
            })
    }

    private nonisolated static func look(
        at id: RepositoryItem.Identity, of name: RepositoryName, _ pass: RegistryPass
    ) async throws -> RepositoryItem {
        var item = RepositoryItem(id: id)
        switch id {
        case .tag(let tag):
            let row = try await pass.tag(tag, of: name)
            item.tag = row
            // The pass has read the index already; an image of one platform has no children.
            if row.mediaType?.contains("list") == true || row.mediaType?.contains("index") == true,
                let reference = ImageReference(name, .tag(tag))
            {
                item.children = try await pass.image(reference).manifests.map(\.digest)
            }
        case .manifest(let digest):
            if let reference = ImageReference(name, .digest(digest)) { item.image = try await pass.image(reference) }
        case .upload(let identifier): item.upload = try await pass.uploads(of: name).first { $0.id == identifier }
        }
        return item
    }
}
