/// Which of several pools that hold a registry is meant.
final class PoolsScreen: Screen {
    private nonisolated struct Row: Sendable, Identifiable {
        let id: String
    }

    private let view: TableView<Row>
    private let next: (_ pool: String) -> any Screen

    /// `next` makes the screen that opens a pool.
    init(_ pools: [String], next: @escaping (_ pool: String) -> any Screen) {
        self.next = next
        view = TableView(
            Table(
                columns: [
                    Column(id: "pool", title: "POOL", minimum: 10, isSearched: true, order: .text { $0.id }) { row, _ in
                        Line(row.id)
                    }
                ], searchText: { $0.id }))
        view.table.replace(pools.map(Row.init))
    }

    var title: TitleBar {
        TitleBar(title: "Which pool?", details: [Line("\(HumanText.count(view.table.rows.count)) hold a registry")])
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Opens the registry in this pool",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { .replace(next($0.id)) } ?? .none }
        ] + view.commands
}
