import AdminCore

/// What was deleted and can come back: the latest first. Sizes fill in.
final class TrashScreen: Screen {
    private let store: OpenStore
    private let view: TableView<TrashRow>
    private var generation: Int?
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: TrashRow.columns, searchText: { $0.searchText }), canMark: true)
        view.empty = "Looking into the trash …"
    }

    var title: TitleBar { TitleBar(title: "Trash", details: view.summary) }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

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
                help: "Brings back the marked deletions, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.restore(targets, hidden: view.table.hiddenMarks) },
            Command(
                name: "restore-as", keys: [.character("m")], hint: "restore as",
                help: "Brings the deletion back under another name", group: .change, isChange: true,
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { changeFlow.restoreAs($0.item) } ?? .none },
            Command(
                name: "drop", keys: [.character("d"), .delete], hint: "drop",
                help: "Drops the marked deletions, or the one under the cursor, for good, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.empty(targets, hidden: view.table.hiddenMarks) },
            Command(
                name: "empty", keys: [.character("E")], help: "Drops all deletions for good, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in !view.table.rows.isEmpty }
            ) { [unowned self] in changeFlow.empty(nil) },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything anew") { [unowned self] in
                refresh()
            },
        ] + view.commands

    private var targets: [String] { view.targets.map(\.id) }

    private func refresh() -> Effect {
        generation = store.generation
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
                    view.empty = "The trash could not be read; r tries again."
                    return .failure(error)
                }
                return .none
            })
    }
}
