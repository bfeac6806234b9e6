import AdminCore

/// Where the bytes are, the largest first: the registry's repositories, a repository's tags, a tag's blobs. Enter goes deeper.
final class UsageScreen: Screen {
    /// How deep.
    enum Level {
        case registry
        case repository(RepositoryName)
        case item(RepositoryUsage.Item, of: RepositoryName)
    }

    private let store: OpenStore
    private let level: Level
    private let view: TableView<UsageRow>
    private let scale = Scale()
    private var details: [Line] = []
    /// The store's generation that is shown; nil before anything is.
    private var generation: Int?

    init(_ store: OpenStore, _ level: Level = .registry) {
        self.store = store
        self.level = level
        view = TableView(
            Table(
                columns: UsageRow.columns(scale), searchText: { $0.name }, clock: store.session.clock,
                values: { $0.value(of: $1) }))
        view.table.sort(by: "size", descending: true)
        view.empty = "Finding out who needs what …"
        if case .item(let item, _) = level { show(item.blobs.map { UsageRow($0) }) }
    }

    var title: TitleBar {
        let title =
            switch level {
            case .registry: "Usage"
            case .repository(let name): "Usage of \(name)"
            case .item(let item, let name):
                item.tag.map { "Usage of \(name):\($0)" } ?? "Usage of \(name)@\(item.digest?.string.prefix(19) ?? "")…"
            }
        let isOld = generation != nil && generation != store.generation
        let age = isOld ? [Line("from before the last change; r reads anew", .warning)] : []
        return TitleBar(title: title, details: details + age + view.selection)
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? {
        switch level {
        case .registry: ["du"] + store.words
        case .repository(let name), .item(_, let name): ["du", name.string] + store.words
        }
    }

    /// It reads everything, so what is old stays until somebody wants it anew.
    func appear() -> Effect { generation == nil ? refresh() : .none }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "deeper", help: "Shows what is in it",
                isEnabled: { [unowned self] in next != nil }
            ) { [unowned self] in next.map { .go($0) } ?? .none },
            Command(
                name: "why", keys: [.character("w")], hint: "who needs it", help: "Shows who needs the blob",
                isEnabled: { [unowned self] in selectedBlob != nil }
            ) { [unowned self] in selectedBlob.map { .go(UsesScreen(store, $0)) } ?? .none },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything anew") { [unowned self] in
                refresh()
            },
        ] + view.commands

    private var selectedBlob: Digest? {
        guard case .blob(let digest, _)? = view.table.selected?.subject else { return nil }
        return digest
    }

    private var next: (any Screen)? {
        switch (view.table.selected?.subject, level) {
        case (.repository(let name)?, _): UsageScreen(store, .repository(name))
        case (.item(let item)?, .repository(let name)): UsageScreen(store, .item(item, of: name))
        case (.blob(let digest, _)?, _): BlobScreen(store, .digest(digest))
        default: nil
        }
    }

    // MARK: Reading

    private func refresh() -> Effect {
        generation = store.generation
        switch level {
        case .registry: return .ask(registryQuery)
        case .repository(let name): return .ask(repositoryQuery(name))
        case .item: return .none
        }
    }

    private var registryQuery: Query {
        let inspector = UsageInspector(registry: store.session.registry)
        return .stream(Slot(self, "usage"), "finding out who needs what") { (reporter: Reporter<Usage>) in
            reporter.emit(
                try await inspector.usage(pool: true) {
                    reporter.progress(TaskProgress($0))
                } partial: {
                    reporter.emit($0)
                })
        } fold: { [unowned self] parts in
            guard let usage = parts.last else { return }
            details = [
                Line("\(HumanText.bytes(usage.size)) in \(HumanText.count(usage.blobs, "blob"))"),
                usage.isComplete ? nil : Line("incomplete", .warning),
            ].compactMap(\.self)
            show(UsageRow.rows(usage))
        } end: { [unowned self] ending in
            finish(ending)
        }
    }

    private func repositoryQuery(_ name: RepositoryName) -> Query {
        let inspector = UsageInspector(registry: store.session.registry)
        return .stream(Slot(self, "usage"), "finding out who else needs it") { (reporter: Reporter<RepositoryUsage>) in
            reporter.emit(
                try await inspector.detail(of: name) {
                    reporter.progress(TaskProgress($0))
                })
        } fold: { [unowned self] parts in
            guard let usage = parts.last else { return }
            details = [Line(HumanText.bytes(usage.size)), Line("\(HumanText.bytes(usage.unique)) unique", .dim)]
            show(usage.items.map { UsageRow($0) })
        } end: { [unowned self] ending in
            finish(ending)
        }
    }

    private func show(_ rows: [UsageRow]) {
        scale.take(rows.map(\.size))
        view.table.replace(rows)
    }

    private func finish(_ ending: Ending) -> Effect {
        switch ending {
        case .finished:
            view.empty = "Nothing takes any space here."
            return .none
        case .cancelled:
            view.empty = "Stopped before anything was known; r begins again."
            return .none
        case .failed(StorageError.notFound):
            view.empty = "There is no such repository any more."
            return .none
        case .failed(let error):
            generation = nil
            view.empty = "It could not be found out; r tries again."
            return .failure(error)
        }
    }
}
