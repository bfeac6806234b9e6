import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The first screen: all repositories. Names come at once; the rest follows, visible rows first.
final class RepositoriesScreen: Screen, TargetScreen {
    private let store: OpenStore
    private let view: TableView<RepositoryRow>
    private let scale = Scale()
    /// The repositories to read; nil if no scan runs.
    private var queue: WorkQueue<RepositoryName>?
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    private var isUniqueKnown = false
    private lazy var freshness = Freshness(store, self)
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(
            Table(
                columns: RepositoryRow.columns(unique: false, scale: scale), searchText: { $0.searchText },
                fields: FilterField.ofRepositories, clock: store.session.clock, values: { $0.value(of: $1) }),
            canMark: true)
        view.table.grouping = RepositoryRow.grouping(scale)
        view.regroup = { [unowned self] in
            scale.clear()
            scale.take(view.table.rows.compactMap(\.summary?.size))
        }
        view.empty = "Listing repositories …"
        view.others = { store.copies(of: store.session.registry.paths.repository($0.name)) }
    }

    var title: TitleBar { TitleBar(title: "Repositories", details: view.summary) }

    func lines(_ size: Size) -> [Line] {
        let lines = view.lines(size)
        queue?.hurry(view.inSight.filter { $0.summary == nil }.map(\.name))
        return lines
    }

    func remove(done targets: Set<String>, by action: PlanAction) {
        guard action == .remove || action == .move else { return }
        view.table.remove { targets.contains($0.name.string) }
    }

    func follow(to name: ImageReference) { view.table.follow(to: name.repository) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["repos"] + (isUniqueKnown ? ["--unique"] : []) + view.filterWords + store.words }

    func appear() -> Effect {
        guard let generation else { return .all([refresh(), view.adopt(store.settings.tables["repositories"])]) }
        let changed = store.changed(since: generation)
        self.generation = store.generation
        return changed.isEmpty ? .none : list(again: changed)
    }

    /// Looks at the directory of all repositories, and at those that hold the visible ones.
    func look() -> Effect {
        let paths = store.session.registry.paths
        let parents = Set(view.inSight.map { paths.repository($0.name).parent }).subtracting([paths.repositories])
        return freshness.look(at: [paths.repositories] + parents.sorted()) { [unowned self] in
            view.isOutdated = true
        }
    }

    // MARK: Commands

    private(set) lazy var commands: [Command] =
        view.folderCommands + [
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
                name: "move", keys: [.character("m")], hint: "move", help: "Renames the repository, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                view.table.selected.flatMap { ImageReference($0.name) }.map { changeFlow.move($0, names: names) }
                    ?? .none
            },
            Command(
                name: "copy", keys: [.character("C")], help: "Gives the repository a second name, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                view.table.selected.flatMap { ImageReference($0.name) }.map { changeFlow.copy($0, names: names) }
                    ?? .none
            },
            Command(
                name: "diff", keys: [],
                help: "Shows what came, went, moved and grew since a snapshot, such as :diff monday.db",
                argument: Command.Argument(choices: { [] }) { [unowned self] file in
                    .go(DifferenceScreen(store, since: file))
                }
            ) { .say(.info("Write the file of a snapshot as well, such as :diff monday.db.")) },
            Command(
                name: "delete-now", keys: [.character("D")],
                help: "Permanently deletes the marked repositories, or the one under the cursor, without the trash",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in
                changeFlow.remove(targets, skippingTrash: true, hidden: view.table.hiddenMarks)
            },
            Command(
                name: "policy", keys: [],
                help: "Deletes the tags that no rule in config.yml keeps, after a question with the reasons",
                group: .change, isChange: true
            ) { [unowned self] in changeFlow.applyPolicy() },
            store.verifyCommand(
                "Verifies the marked repositories, or the one under the cursor",
                isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in targets.map { .reference($0) } },
            store.exportCommand(
                on: { [unowned self] in self }, "Exports the marked repositories, or the one under the cursor",
                isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in targets },
            Command(
                name: "unique", keys: [.character("%")],
                help: "Computes the unique size of each repository (scans the whole pool)"
            ) { [unowned self] in .ask(uniqueQuery) },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything again") { [unowned self] in
                refresh()
            },
            view.writeCommand(on: { [unowned self] in self }, isRead: { $0.summary != nil }) { $0.json },
        ] + changeFlow.undoCommands + changeFlow.cacheCommands + view.commands

    private var names: [String] { (store.repositories ?? []).map(\.string) }

    /// The repositories of a change, by name.
    private var targets: [ImageReference] {
        view.targets.compactMap { ImageReference($0.name) }
    }

    // MARK: Reading

    private func refresh() -> Effect {
        generation = store.generation
        view.isOutdated = false
        freshness.forget()
        return .all([list(again: nil), store.askStatus])
    }

    /// Lists the names, then reads the new repositories and some of the known ones.
    ///
    /// - Parameter again: The known repositories to read again; nil for all.
    private func list(again: Set<RepositoryName>?) -> Effect {
        let pass = store.session.registry.pass()
        var found: [RepositoryName] = []
        return .ask(
            .stream(Slot(self, "names"), "listing repositories") { (reporter: Reporter<[RepositoryName]>) in
                reporter.emit(
                    try await pass.repositoryNames { names in reporter.emit(names) })
            } fold: { [unowned self] parts in
                // The last part is the whole list, sorted.
                found = parts.last.map { $0.count >= found.count ? $0 : found + parts.flatMap(\.self) } ?? found
                if view.table.rows.isEmpty || found.count < 5000 { show(found, isAll: false) }
            } end: { [unowned self] ending in
                switch ending {
                case .finished:
                    show(found, isAll: true)
                    // Another program may have changed the store since.
                    let history = again == nil ? store.askHistory : .none
                    return .all([scan(again: again, pass), look(), history])
                case .cancelled: return .none
                case .failed(let error):
                    view.empty = "The repositories could not be listed; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }

    private func show(_ names: [RepositoryName], isAll: Bool) {
        let known = Dictionary(uniqueKeysWithValues: view.table.rows.map { ($0.name, $0) })
        // Known repositories stay until the list is complete.
        let all = isAll ? names : Array(Set(names).union(known.keys)).sorted()
        view.table.replace(all.map { known[$0] ?? RepositoryRow(name: $0) })
        if isAll { store.repositories = names }
        if isAll { view.empty = "This store has no repositories; \(store.settings.key("tree")) shows its tree." }
    }

    private func scan(again: Set<RepositoryName>?, _ pass: RegistryPass) -> Effect {
        let names = view.table.rows.filter { row in
            again?.contains(row.name) ?? true || row.summary == nil
        }.map(\.name)
        guard !names.isEmpty else { return .none }
        let queue = WorkQueue(names)
        self.queue = queue
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

    /// The message after a scan that could not read every repository.
    private var unread: Effect {
        let failed = view.table.rows.filter { $0.failure != nil }
        guard let first = failed.first else { return .none }
        return .say(
            .failure(
                "\(HumanText.count(failed.count, "repository", "repositories")) could not be read; "
                    + "\(first.name): \(first.note)"))
    }

    private var uniqueQuery: Query {
        let inspector = UsageInspector(registry: store.session.registry)
        var found: Usage?
        return .stream(Slot(self, "unique"), "computing unique sizes") { (reporter: Reporter<Usage>) in
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

/// A repository on the first screen: its name at once, the rest when it is known.
nonisolated struct RepositoryRow: Sendable, Identifiable {
    let name: RepositoryName
    var summary: RepositorySummary?
    /// The size of the part that no other repository needs; nil before it is computed.
    var unique: UInt64?
    /// The reason why the repository could not be read.
    var failure: String?

    var id: RepositoryName { name }

    var state: String? { failure == nil ? summary?.state.rawValue : "unread" }

    var note: String { failure ?? summary?.problems.first ?? "" }

    /// The row as `repos` prints it; without values before it is read.
    var json: JSONValue {
        summary?.json(unique: unique) ?? [
            "name": .text(name), "tags": .null, "revisions": .null, "uploads": .null, "size": .null, "unique": .null,
            "modified": .null, "state": .text(state),
        ]
    }
}

nonisolated extension RepositoryRow {
    /// Returns the columns.
    ///
    /// - Parameters:
    ///   - unique: Whether the unique sizes are known; they take two more columns.
    ///   - scale: The scale of the bars.
    static func columns(unique: Bool, scale: Scale) -> [Column<RepositoryRow>] {
        var columns: [Column<RepositoryRow>] = [
            Column(
                id: "name", title: "NAME", trimming: .middle, minimum: 14, ideal: 44, isName: true, isSearched: true,
                order: .text { $0.name.string }
            ) { row, _ in Line(row.name.string) },
            Column(
                id: "tags", title: "TAGS", alignment: .right, minimum: 5, ideal: 7, priority: 3,
                order: .number { $0.summary.map { Int64($0.tags) } }, startsDescending: true
            ) { row, _ in Cells.count(row.summary?.tags) },
            Column(
                id: "revisions", title: "REVISIONS", alignment: .right, minimum: 9, ideal: 9, priority: 3,
                isDetail: true, order: .number { $0.summary.map { Int64($0.revisions) } }, startsDescending: true
            ) { row, _ in Cells.count(row.summary?.revisions) },
            Column(
                id: "uploads", title: "UPLOADS", alignment: .right, minimum: 7, ideal: 7, priority: 3,
                isDetail: true, order: .number { $0.summary.map { Int64($0.uploads) } }, startsDescending: true
            ) { row, _ in Cells.count(row.summary?.uploads) },
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.summary?.size) }, startsDescending: true
            ) { row, width in Cells.size(row.summary?.size, width) },
            Column(id: "bar", title: "", minimum: 8, ideal: 16, priority: 6) { row, width in
                scale.bar(row.summary?.size ?? 0, unique: row.unique, columns: width)
            },
        ]
        if unique {
            columns += [
                Column(
                    id: "unique", title: "UNIQUE", alignment: .right, minimum: 9, ideal: 9, priority: 2,
                    order: .number { Cells.order($0.unique) }, startsDescending: true
                ) { row, width in Cells.size(row.unique, width) },
                Column(
                    id: "shared", title: "SHARED", alignment: .right, minimum: 9, ideal: 9, priority: 5,
                    order: .number { Cells.order($0.shared) }, startsDescending: true
                ) { row, width in Cells.size(row.shared, width) },
            ]
        }
        return columns + [
            Column(
                id: "modified", title: "MODIFIED", minimum: 10, ideal: 10, priority: 4,
                order: .number { Cells.order($0.summary?.modified) }, startsDescending: true
            ) { row, width in Cells.date(row.summary?.modified, width) },
            Column(
                id: "state", title: "STATE", minimum: 8, ideal: 12, isSearched: true, order: .text { $0.state ?? "" },
                details: { Cells.meaning(of: $0.state) }
            ) { row, _ in row.state.map(Cells.state) ?? Cells.unknown },
            Column(
                id: "note", title: "NOTE", minimum: 24, priority: 7, isExtra: true, isSearched: true,
                details: { $0.failure.map { [$0] } ?? $0.summary?.problems ?? [] }
            ) { row, _ in Cells.note(row.note) },
        ]
    }

    /// The folders of repositories, with the sums of the columns.
    static func grouping(_ scale: Scale) -> RowGrouping<RepositoryRow> {
        RowGrouping(
            name: { $0.name.string },
            empty: { path in RepositoryName(path).map { RepositoryRow(name: $0) } },
            add: { sums, row in
                sums.add(row)
                scale.take(CollectionOfOne(sums.summary?.size ?? 0))
            })
    }

    /// Adds the values of a repository to those of a folder. The folder is damaged if anything in
    /// it is.
    private mutating func add(_ other: RepositoryRow) {
        failure = failure ?? other.failure
        unique = other.unique.map { addingCapped(unique ?? 0, $0) } ?? unique
        guard let more = other.summary else { return }
        let state: RepositorySummary.State =
            switch (summary?.state ?? more.state, more.state) {
            case (.damaged, _), (_, .damaged): .damaged
            case (.suspect, _), (_, .suspect): .suspect
            case (let one, let other): one == other ? one : .ok
            }
        summary = RepositorySummary(
            name: name, tags: (summary?.tags ?? 0) + more.tags, revisions: (summary?.revisions ?? 0) + more.revisions,
            uploads: (summary?.uploads ?? 0) + more.uploads, size: addingCapped(summary?.size ?? 0, more.size),
            modified: [summary?.modified, more.modified].compactMap(\.self).max(), state: state)
    }

    var shared: UInt64? {
        guard let unique, let size = summary?.size else { return nil }
        return size - min(unique, size)
    }

    /// The text in which the words of a filter are looked for.
    var searchText: String { "\(name) \(state ?? "") \(note)" }

    /// The value of a field for filters.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name.string)
        case .unique: unique.map { .number($0) }
        case .shared: shared.map { .number($0) }
        case .state: state.map { .text($0) }
        default: summary?.value(of: field)
        }
    }
}
