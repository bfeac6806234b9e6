import AdminCore

/// The first screen: all repositories. Names come at once, the rest fills in, what is in sight first.
final class RepositoriesScreen: Screen {
    private let store: OpenStore
    private let view: TableView<RepositoryRow>
    private let scale = Scale()
    /// What is still to be looked at; nil while nothing is.
    private var queue: WorkQueue<RepositoryName>?
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    private var isUniqueKnown = false
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(
            Table(
                columns: RepositoryRow.columns(unique: false, scale: scale), searchText: { $0.searchText },
                clock: store.session.clock, values: { $0.value(of: $1) }),
            canMark: true)
        view.empty = "Looking for repositories …"
    }

    var title: TitleBar { TitleBar(title: "Repositories", details: view.summary) }

    func lines(_ size: Size) -> [Line] {
        let lines = view.lines(size)
        queue?.hurry(view.inSight.filter { $0.summary == nil }.map(\.name))
        return lines
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["repos"] + (isUniqueKnown ? ["--unique"] : []) + view.filterWords + store.words }

    func appear() -> Effect {
        guard let generation else { return .all([refresh(), view.adopt(store.settings.tables["repositories"])]) }
        let changed = store.changed(since: generation)
        self.generation = store.generation
        return changed.isEmpty ? .none : list(again: changed)
    }

    // MARK: Commands

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Shows the repository's tags",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                view.table.selected.map { .go(RepositoryScreen(store, $0.name)) } ?? .none
            },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete",
                help: "Deletes the marked repositories, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.remove(targets, hidden: view.table.hiddenMarks) },
            Command(
                name: "move", keys: [.character("m")], hint: "move", help: "Gives the repository another name",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                view.table.selected.flatMap { ImageReference($0.name) }.map { changeFlow.move($0, names: names) }
                    ?? .none
            },
            Command(
                name: "delete-now", keys: [.character("D")],
                help: "The same without the trash: what goes cannot be brought back",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in
                changeFlow.remove(targets, skippingTrash: true, hidden: view.table.hiddenMarks)
            },
            Command(
                name: "policy", keys: [],
                help: "Deletes the tags that no rule in config.yml keeps, after a question that says why of each",
                group: .change, isChange: true
            ) { [unowned self] in changeFlow.applyPolicy() },
            Command(
                name: "caches-flushed", keys: [],
                help: "Says that every registry was restarted, or its cache flushed, since the last deletion and move",
                group: .change, isChange: true
            ) { [unowned self] in changeFlow.say(.flushed) },
            Command(
                name: "no-cache", keys: [], help: "Says that no registry has a descriptor cache",
                group: .change, isChange: true
            ) { [unowned self] in changeFlow.say(.none) },
            store.verifyCommand(
                "Verifies the marked repositories, or the one under the cursor",
                isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in targets.map { .reference($0) } },
            changeFlow.undoCommand,
            Command(
                name: "unique", keys: [.character("n")],
                help: "Finds out what each repository needs alone; reads everything"
            ) { [unowned self] in .ask(uniqueQuery) },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything anew") { [unowned self] in
                refresh()
            },
        ] + view.commands

    private var names: [String] { (store.repositories ?? []).map(\.string) }

    /// What a change is about: by name, never by row.
    private var targets: [ImageReference] {
        view.targets.compactMap { ImageReference($0.name) }
    }

    // MARK: Reading

    private func refresh() -> Effect {
        generation = store.generation
        return .all([list(again: nil), store.askStatus])
    }

    /// Lists the names; then looks at those that are new, and again at some, or at all (nil).
    private func list(again: Set<RepositoryName>?) -> Effect {
        let registry = store.session.registry
        var found: [RepositoryName] = []
        return .ask(
            .stream(Slot(self, "names"), "listing repositories") { (reporter: Reporter<[RepositoryName]>) in
                reporter.emit(
                    try await registry.repositoryNames { names in reporter.emit(names) })
            } fold: { [unowned self] parts in
                // The last part is the whole list, sorted.
                found = parts.last.map { $0.count >= found.count ? $0 : found + parts.flatMap(\.self) } ?? found
                if view.table.rows.isEmpty || found.count < 5000 { show(found, isAll: false) }
            } end: { [unowned self] ending in
                switch ending {
                case .finished:
                    show(found, isAll: true)
                    return scan(again: again)
                case .cancelled: return .none
                case .failed(let error):
                    view.empty = "The repositories could not be listed; r tries again."
                    return .failure(error)
                }
            })
    }

    private func show(_ names: [RepositoryName], isAll: Bool) {
        let known = Dictionary(uniqueKeysWithValues: view.table.rows.map { ($0.name, $0) })
        // As long as the list is not complete, nothing that was there before disappears.
        let all = isAll ? names : Array(Set(names).union(known.keys)).sorted()
        view.table.replace(all.map { known[$0] ?? RepositoryRow(name: $0) })
        if isAll { store.repositories = names }
        if isAll { view.empty = "There is no repository in this store; t shows its raw tree." }
    }

    private func scan(again: Set<RepositoryName>?) -> Effect {
        let names = view.table.rows.filter { row in
            again?.contains(row.name) ?? true || row.summary == nil
        }.map(\.name)
        guard !names.isEmpty else { return .none }
        let queue = WorkQueue(names)
        self.queue = queue
        let pass = store.session.registry.pass()
        return .ask(
            .scan(Slot(self, "scan"), "scanning", unit: "repositories", queue) { name in
                try await pass.summary(of: name)
            } fold: { [unowned self] findings in
                take(findings)
            } end: { [unowned self] ending in
                self.queue = nil
                view.table.settle()
                switch ending {
                case .finished: return unread
                case .cancelled: return .none
                case .failed(let error): return .failure(error)
                }
            })
    }

    private func take(_ findings: [Query.Finding<RepositoryName, RepositorySummary>]) {
        var rows: [RepositoryRow] = []
        for finding in findings {
            switch finding.result {
            case .success(let summary): rows.append(RepositoryRow(name: finding.key, summary: summary))
            case .failure(let error):
                rows.append(RepositoryRow(name: finding.key, failure: ErrorSentence.of(error)))
            }
        }
        scale.take(rows.compactMap(\.summary?.size))
        view.table.update(rows)
    }

    /// What a person has to know when a scan ends and not everything could be read.
    private var unread: Effect {
        let failed = view.table.rows.filter { $0.failure != nil }
        guard let first = failed.first else { return .none }
        return .say(
            .failure("\(HumanText.count(failed.count)) could not be read; \(first.name): \(first.note)"))
    }

    private var uniqueQuery: Query {
        let inspector = UsageInspector(registry: store.session.registry)
        var found: Usage?
        return .stream(Slot(self, "unique"), "finding out what is shared") { (reporter: Reporter<Usage>) in
            reporter.emit(
                try await inspector.usage { done in
                    reporter.progress(TaskProgress(done))
                })
        } fold: {
            found = $0.last ?? found
        } end: { [unowned self] ending in
            switch ending {
            case .finished:
                take(found?.uniqueSizes ?? [:])
                return .none
            case .cancelled: return .none
            case .failed(let error): return .failure(error)
            }
        }
    }

    private func take(_ unique: [RepositoryName: UInt64]) {
        isUniqueKnown = true
        view.table.columns = RepositoryRow.columns(unique: true, scale: scale)
        view.table.update(
            view.table.rows.map { row in
                var row = row
                row.unique = unique[row.name]
                return row
            })
        view.table.settle()
    }
}
