/// What runs for the console, and what has run: how far, how fast, how long still.
final class TasksScreen: Screen {
    private let board: TaskBoard
    private let view: TableView<TaskRow>

    init(_ board: TaskBoard) {
        self.board = board
        view = TableView(Table(columns: TaskRow.columns, searchText: { "\($0.label) \($0.state.rawValue) \($0.note)" }))
        view.empty = "Nothing runs, and nothing has run yet."
    }

    var title: TitleBar {
        let running = board.activities.count { !$0.isHousekeeping }
        return TitleBar(
            title: "Tasks", details: [Line(running == 0 ? "none runs" : "\(running) running")] + view.selection)
    }

    func lines(_ size: Size) -> [Line] {
        let running = board.activities.filter { !$0.isHousekeeping }.reversed()
        view.table.replace(running.map { TaskRow($0, now: ContinuousClock.now) } + board.finished.map(TaskRow.init))
        return view.lines(size)
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    private var selected: TaskBoard.Activity? {
        view.table.selected.flatMap { row in board.activities.first { $0.number == row.id && !$0.isStopping } }
    }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "cancel", keys: [.character("x"), .delete], hint: "cancel",
                help:
                    "Stops the task under the cursor; a question keeps what it has found, a change ends what it is at",
                isEnabled: { [unowned self] in selected != nil }
            ) { [unowned self] in selected.map { .cancel($0.slot) } ?? .none }
        ] + view.commands
}
