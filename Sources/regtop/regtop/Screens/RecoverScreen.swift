import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The changes in the journal: what is left of each, and when it is due.
final class RecoverScreen: Screen {
    private let store: OpenStore
    private let view: TableView<PendingRow>
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: PendingRow.columns, searchText: { $0.searchText }))
        view.clip = { VisibleText.of($0.change.what) }
        view.hasDetailsBeside = false
        view.empty = "Nothing is pending."
    }

    var title: TitleBar { TitleBar(title: "Unfinished changes", details: view.summary) }

    /// The table and, below it, the work that is left for the change under the cursor.
    func lines(_ size: Size) -> [Line] {
        let rows = store.pending.map(PendingRow.init)
        if rows.map(\.change) != view.table.rows.map(\.change) { view.table.replace(rows) }
        guard size.rows >= 10, let change = view.table.selected?.change else { return view.lines(size) }
        let words = [change.what, change.state.meaning, change.state.ownDetail].compactMap(\.self)
        return view.lines(
            size, details: words.flatMap { Line.wrapped(VisibleText.of($0), to: size.columns) },
            rows: min(7, size.rows / 3))
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["recover", "--dry-run"] + store.words }

    func appear() -> Effect { store.askPending }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "finish", keys: [.character("R")], hint: "recover",
                help: "Undoes or finishes interrupted changes and checks those that are due, after a question",
                group: .change, isChange: true,
                isEnabled: { [unowned self] in store.pending.contains { $0.state.isActionable } },
                whenDisabled: "Nothing to recover now."
            ) { [unowned self] in changeFlow.recover() },
            Command(name: "refresh", keys: [.character("r")], help: "Reads the journal again") { [unowned self] in
                store.askPending
            },
        ] + changeFlow.cacheCommands + view.commands
}

/// A change in the journal.
nonisolated struct PendingRow: Sendable, Identifiable {
    let change: PendingChange

    var id: String { change.id }

    /// The text in which the words of a filter are looked for.
    var searchText: String { "\(change.what) \(change.state.word)" }

    private var due: Line {
        switch change.state {
        case .waiting(let moment): Line(HumanText.second(moment))
        case .interrupted, .due, .gone: Line("now", .warning)
        case .watching: Line("when caches are flushed")
        case .inProgress: Line("running", .dim)
        case .unreadable: Cells.unknown
        }
    }

    static let columns: [Column<PendingRow>] = [
        Column(
            id: "state", title: "STATE", minimum: 11, ideal: 11, isSearched: true, order: .text { $0.change.state.word }
        ) { row, _ in
            let isBad = row.change.state == .interrupted || row.change.isUnreadable
            return Line(row.change.state.word, isBad ? .bad : .normal)
        },
        Column(
            id: "change", title: "CHANGE", trimming: .middle, minimum: 20, ideal: 60, isSearched: true,
            order: .text { $0.change.what }
        ) { row, _ in Line(VisibleText.of(row.change.what)) },
        Column(
            id: "begun", title: "BEGUN", minimum: 10, ideal: 19, priority: 2,
            order: .number { Cells.order($0.change.begun) }
        ) { row, width in Cells.date(row.change.begun, width) },
        Column(id: "due", title: "DUE", minimum: 10, ideal: 23, priority: 1) { row, _ in row.due },
    ]
}
