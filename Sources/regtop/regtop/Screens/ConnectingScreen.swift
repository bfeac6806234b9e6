import AdminCore
import ConsoleKit
import SafeText

/// The screen until the store is open. The repositories or the choice of a pool replace it.
final class ConnectingScreen: Screen {
    private let options: SessionOptions
    private let settings: Settings
    private let opened: (OpenStore) -> Void
    private let open: @Sendable (SessionOptions) async throws -> Session

    /// - Parameter opened: Called with the store as soon as it is open.
    init(
        _ options: SessionOptions, settings: Settings = Settings(),
        open: @escaping @Sendable (SessionOptions) async throws -> Session,
        opened: @escaping (OpenStore) -> Void
    ) {
        self.options = options
        self.settings = settings
        self.open = open
        self.opened = opened
    }

    var title: TitleBar { TitleBar(title: "Opening", details: [Line(options.place)]) }

    let commands: [Command] = []

    func lines(_ size: Size) -> [Line] {
        [Line(), Line("    Opening \(options.place) …", .dim)]
    }

    /// The first message: a mistake in the configuration, or else how the store was found.
    private func note(_ session: Session) -> [Effect] {
        if let problem = settings.problems.first {
            let others = settings.problems.count > 1 ? " (:settings lists all \(settings.problems.count))" : ""
            return [.say(.failure(problem + others))]
        }
        return session.notes.first.map { [.say(.info($0))] } ?? []
    }

    func appear() -> Effect {
        let (open, options) = (open, options)
        var query = Query.value(Slot(self, "open"), "opening \(options.place)") {
            try await open(options)
        } then: { [unowned self] result in
            switch result {
            case .success(let session):
                let store = OpenStore(session, words: StoreWords.of(options), settings: settings)
                opened(store)
                let notes = note(session)
                return .all([.replace(RepositoriesScreen(store))] + notes)
            case .failure(SessionError.severalPools(let pools)):
                return .replace(
                    PoolsScreen(pools) { [options, settings, open, opened] pool in
                        var options = options
                        options.rados.pool = pool
                        return ConnectingScreen(options, settings: settings, open: open, opened: opened)
                    })
            case .failure(let error): return .fail(error)
            }
        }
        query.stopsOnEscape = false
        return .ask(query)
    }
}

nonisolated extension SessionOptions {
    /// The name of the store in a sentence.
    var place: String {
        switch location {
        case .rados: rados.pool.map { "pool \($0)" } ?? "the cluster"
        case .sqlite(let path): "file \(path)"
        case .sample: "the sample registry"
        }
    }
}

/// The choice of a pool if several pools have a registry.
final class PoolsScreen: Screen {
    private nonisolated struct Row: Sendable, Identifiable {
        let id: String
    }

    private let view: TableView<Row>
    private let next: (_ pool: String) -> any Screen

    /// - Parameter next: Makes the screen that opens a pool.
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
        TitleBar(
            title: "Choose a pool", details: [Line("\(HumanText.count(view.table.rows.count)) pools have a registry")])
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
