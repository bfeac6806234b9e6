import AdminCore

/// What was changed, the latest first.
final class LogScreen: Screen {
    /// How many changes are shown.
    private static let most = 1000

    private let store: OpenStore
    private let view: TableView<LogRow>
    private var generation: Int?
    /// That something is left out, in a sentence; nil if nothing is.
    private var earlier: String?

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: LogRow.columns, searchText: { $0.searchText }))
        view.empty = "Reading the log …"
    }

    var title: TitleBar { TitleBar(title: "Log", details: view.summary + (earlier.map { [Line($0, .dim)] } ?? [])) }

    /// Below the table, where there is room, all that the change under the cursor was about, as far as the log names it, and what became of it.
    func lines(_ size: Size) -> [Line] {
        guard size.rows >= 10, let entry = view.table.selected?.entry else { return view.lines(size) }
        let more = entry.targetCount - entry.targets.count
        let targets = entry.targets.joined(separator: ", ") + (more > 0 ? ", and \(HumanText.count(more)) more" : "")
        let words =
            Line.wrapped("\(entry.action): \(LogText.outcome(entry))", to: size.columns)
            + Line.wrapped(targets, to: size.columns, .dim)
        return view.lines(size, details: words, rows: min(7, size.rows / 3))
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["log"] + store.words }

    func appear() -> Effect {
        guard generation != store.generation else { return .none }
        return refresh()
    }

    private(set) lazy var commands: [Command] =
        [
            Command(name: "refresh", keys: [.character("r")], hint: "refresh", help: "Reads the log anew") {
                [unowned self] in refresh()
            }
        ] + view.commands

    private func refresh() -> Effect {
        generation = store.generation
        let log = AuditLogReader(storage: store.session.storage)
        let clock = store.session.clock
        return .ask(
            .value(Slot(self, "log"), "reading the log") {
                var entries = try await log.latest(Self.most, now: clock.now)
                let earlier = try await log.removeEarlier(from: &entries)
                return (entries, earlier)
            } then: { [unowned self] result in
                switch result {
                case .success((let entries, let earlier)):
                    self.earlier = earlier
                    view.empty = "Nothing was changed yet."
                    view.table.replace(entries.map(LogRow.init))
                    return .none
                case .failure(let error):
                    view.empty = "The log could not be read; r tries again."
                    return .failure(error)
                }
            })
    }
}
