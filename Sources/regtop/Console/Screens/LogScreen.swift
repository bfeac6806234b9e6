import AdminCore

/// What was changed, the latest first.
final class LogScreen: Screen {
    /// How many changes are shown.
    private static let most = 1000

    private let store: OpenStore
    private let view: TableView<LogRow>
    private var generation: Int?

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: LogRow.columns, searchText: { $0.searchText }))
        view.empty = "Reading the log …"
    }

    var title: TitleBar { TitleBar(title: "Log", details: view.summary) }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

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
        return .ask(
            .value(Slot(self, "log"), "reading the log") {
                try await log.latest(Self.most)
            } then: { [unowned self] result in
                switch result {
                case .success(let entries):
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
