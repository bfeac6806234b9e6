import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The trash: the deletions that can be restored, the latest first. Sizes follow later.
final class TrashScreen: Screen, TargetScreen {
    private let store: OpenStore
    private let view: TableView<TrashRow>
    private var generation: Int?
    private lazy var freshness = Freshness(store, self)
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(
            Table(
                columns: TrashRow.columns, searchText: { $0.searchText },
                fields: [.name, .kind, .size, .age, .modified],
                clock: store.session.clock, values: { $0.value(of: $1) }), canMark: true)
        view.empty = "Reading the trash …"
        view.others = { [CopyItem(.name, $0.id)] }
    }

    var title: TitleBar { TitleBar(title: "Trash", details: view.summary) }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func remove(done targets: Set<String>, by action: PlanAction) {
        guard action == .restore || action == .empty else { return }
        view.table.remove { targets.contains($0.id) }
    }

    func escape() -> Bool { view.escape() }

    func look() -> Effect {
        freshness.look(at: [store.session.registry.paths.trash]) { [unowned self] in view.isOutdated = true }
    }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["trash", "ls"] + store.words }

    func appear() -> Effect {
        guard generation != store.generation else { return .none }
        return refresh()
    }

    // MARK: Commands

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "restore", keys: [.enter], hint: "restore",
                help: "Restores the marked deletions, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.restore(targets, hidden: view.table.hiddenMarks) },
            Command(
                name: "restore-as", keys: [.character("m")], hint: "restore as",
                help: "Restores the deletion under another name, after a question", group: .change, isChange: true,
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { changeFlow.restoreAs($0.item) } ?? .none },
            Command(
                name: "drop", keys: [.character("d"), .delete], hint: "drop",
                help: "Permanently drops the marked deletions, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.empty(targets, hidden: view.table.hiddenMarks) },
            Command(
                name: "empty", keys: [.character("E")], help: "Permanently drops all deletions, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in !view.table.rows.isEmpty }
            ) { [unowned self] in changeFlow.empty(nil) },
            Command(name: "refresh", keys: [.character("r")], help: "Reads the trash again") { [unowned self] in
                refresh()
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.item.json },
        ] + changeFlow.undoCommands + view.commands

    private var targets: [String] { view.targets.map(\.id) }

    private func refresh() -> Effect {
        generation = store.generation
        view.isOutdated = false
        freshness.forget()
        let trash = TrashReader(registry: store.session.registry)
        return .ask(
            .stream(Slot(self, "trash"), "reading the trash") { (reporter: Reporter<[TrashItem]>) in
                reporter.emit(try await trash.items())
                reporter.emit(try await trash.sizedItems { reporter.progress(TaskProgress($0)) })
            } fold: { [unowned self] parts in
                view.empty = "The trash is empty."
                view.table.replace((parts.last ?? []).map(TrashRow.init))
            } end: { [unowned self] ending in
                if case .failed(let error) = ending {
                    view.empty = "The trash could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
                return look()
            })
    }
}

/// A deletion in the trash.
nonisolated struct TrashRow: Sendable, Identifiable {
    let item: TrashItem

    var id: String { item.id }

    /// The text in which the words of a filter are looked for.
    var searchText: String { "\(item.name) \(item.kind.rawValue) \(item.by ?? "") \(item.id)" }

    /// The value of a field for filters; an entry is as old as its deletion.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(item.name)
        case .kind: .text(item.kind.rawValue)
        case .size: item.bytes.map { .number($0) }
        case .modified: item.deleted.map { .time($0) }
        default: nil
        }
    }

    static let columns: [Column<TrashRow>] = [
        Column(
            id: "name", title: "NAME", trimming: .middle, minimum: 14, ideal: 36, isName: true, isSearched: true,
            order: .text { $0.item.name }
        ) { row, _ in Line(row.item.name) },
        Column(id: "kind", title: "KIND", minimum: 10, ideal: 10, priority: 3, order: .text { $0.item.kind.rawValue }) {
            row, _ in Line(row.item.kind.rawValue)
        },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 4,
            order: .number { Cells.order($0.item.bytes) }, startsDescending: true
        ) { row, width in Cells.size(row.item.bytes, width) },
        Column(
            id: "reclaimable", title: "RECLAIMABLE", alignment: .right, minimum: 11, ideal: 11, priority: 1,
            order: .number { Cells.order($0.item.reclaimable) }, startsDescending: true
        ) { row, width in Cells.size(row.item.reclaimable, width) },
        Column(
            id: "deleted", title: "DELETED", minimum: 10, ideal: 19, priority: 2,
            order: .number { Cells.order($0.item.deleted) }, startsDescending: true
        ) { row, width in Cells.date(row.item.deleted, width) },
        Column(id: "by", title: "BY", minimum: 10, ideal: 16, priority: 5, isSearched: true) { row, _ in
            row.item.by.map { Line($0) } ?? Cells.unknown
        },
        Column(id: "id", title: "ID", minimum: 20, ideal: 20, priority: 6, isSearched: true) { row, _ in
            Line(row.item.id, .dim)
        },
    ]
}
