import ConsoleKit
import Presentation
import SafeText

/// The running and finished tasks of the console, with progress, rate and time left.
final class TasksScreen: Screen {
    private let board: TaskBoard
    private let isWaiting: () -> Bool
    private let view: TableView<TaskRow>

    /// - Parameter isWaiting: Returns true if the store does not answer, so that there is no
    ///   estimate of a time.
    init(_ board: TaskBoard, isWaiting: @escaping () -> Bool = { false }) {
        self.board = board
        self.isWaiting = isWaiting
        view = TableView(Table(columns: TaskRow.columns, searchText: { "\($0.label) \($0.state.rawValue) \($0.note)" }))
        // A pane would change with every step of a task.
        view.hasDetailsBeside = false
        view.empty = "No tasks yet."
    }

    var title: TitleBar {
        let running = board.activities.count { !$0.isHousekeeping }
        return TitleBar(
            title: "Tasks", details: [Line("\(running) running")] + view.selection)
    }

    func lines(_ size: Size) -> [Line] {
        let running = board.activities.filter { !$0.isHousekeeping }.reversed()
        let isWaiting = isWaiting()
        view.table.replace(
            running.map { TaskRow($0, now: ContinuousClock.now, isWaiting: isWaiting) }
                + board.finished.map(TaskRow.init))
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
                    "Stops the task under the cursor; a scan keeps its results, a change ends after the current step",
                isEnabled: { [unowned self] in selected != nil }
            ) { [unowned self] in selected.map { .cancel($0.slot) } ?? .none },
            view.writeCommand(on: { [unowned self] in self }) { $0.json },
        ] + view.commands
}

/// A query of the console, running or ended.
nonisolated struct TaskRow: Sendable, Identifiable {
    let id: Int
    let label: String
    let isChange: Bool
    let state: State
    let progress: TaskProgress
    /// The time since the start, or between start and end.
    let elapsed: Duration
    /// The current phase, or the error.
    let note: String
    /// True if the store does not answer.
    var isWaiting = false

    enum State: String, Sendable {
        case running, stopping, done, stopped, failed
    }

    var isRunning: Bool { state == .running || state == .stopping }

    var rate: String? { progress.rate(after: elapsed) }

    var remaining: Duration? { state == .running ? progress.remaining(after: elapsed) : nil }

    var json: JSONValue {
        [
            "task": .string(label), "change": .bool(isChange), "state": .string(state.rawValue),
            "done": .unsigned(progress.done), "total": .bytes(progress.total), "unit": .string(progress.unit),
            "seconds": .number(elapsed.components.seconds), "note": .string(note),
        ]
    }

    static let columns: [Column<TaskRow>] = [
        Column(id: "task", title: "TASK", trimming: .middle, minimum: 16, ideal: 34, isSearched: true) { row, _ in
            Line(row.label, row.isChange ? .title : .normal)
        },
        Column(id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true) { row, _ in
            Line(row.state.rawValue, row.state == .failed ? .bad : row.isRunning ? .good : .dim)
        },
        Column(id: "amount", title: "DONE", minimum: 14, ideal: 30, priority: 2) { row, _ in Line(row.progress.amount)
        },
        Column(id: "bar", title: "", minimum: 8, ideal: 20, priority: 5) { row, width in
            guard let total = row.progress.total, row.isRunning else { return Line() }
            return Bar.line(Double(row.progress.done), of: Double(total), columns: width)
        },
        Column(id: "rate", title: "RATE", alignment: .right, minimum: 8, ideal: 12, priority: 4) { row, _ in
            row.rate.map { Line($0) } ?? Cells.unknown
        },
        Column(id: "took", title: "TIME", alignment: .right, minimum: 6, ideal: 10, priority: 1) { row, _ in
            Line(HumanText.duration(row.elapsed))
        },
        Column(id: "left", title: "LEFT", alignment: .right, minimum: 6, ideal: 10, priority: 3) { row, _ in
            row.isWaiting ? Line("no answer") : row.remaining.map { Line(HumanText.duration($0)) } ?? Cells.unknown
        },
        Column(id: "note", title: "NOTE", minimum: 20, priority: 6, isExtra: true, isSearched: true) { row, _ in
            Line(row.note, row.state == .failed ? .bad : .dim)
        },
    ]
}

extension TaskRow {
    init(_ activity: TaskBoard.Activity, now: ContinuousClock.Instant, isWaiting: Bool) {
        self.init(
            id: activity.number, label: activity.label, isChange: activity.isChange,
            state: activity.isStopping ? .stopping : .running, progress: activity.progress,
            elapsed: now - activity.started, note: activity.progress.note ?? "",
            isWaiting: isWaiting)
    }

    init(_ finished: TaskBoard.Finished) {
        let (state, note): (State, String) =
            switch finished.ending {
            case .finished: (.done, "")
            case .cancelled: (.stopped, "")
            case .failed(let error): (.failed, ErrorSentence.of(error))
            }
        self.init(
            id: finished.number, label: finished.label, isChange: finished.isChange, state: state,
            progress: finished.progress, elapsed: finished.ended - finished.started, note: note)
    }
}
