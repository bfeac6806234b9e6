import AdminCore

/// What is seen until the store is open. It makes way for the registry, or for the choice of a pool.
final class ConnectingScreen: Screen {
    private let options: SessionOptions
    private let settings: Settings
    private let opened: (OpenStore) -> Void
    private let open: @Sendable (SessionOptions) async throws -> Session

    /// `opened` is told of the store as soon as there is one.
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

    private var place: String {
        switch options.location {
        case .rados: options.rados.pool.map { "pool \($0)" } ?? "the cluster"
        case .sqlite(let path): "file \(path)"
        case .sample: "the sample registry"
        }
    }

    var title: TitleBar { TitleBar(title: "Opening", details: [Line(place)]) }

    let commands: [Command] = []

    func lines(_ size: Size) -> [Line] {
        [Line(), Line("    Opening \(place) …", .dim)]
    }

    /// What somebody should know who has just come in: a mistake in the configuration before how the store was found.
    private func note(_ session: Session) -> [Effect] {
        if let problem = settings.problems.first {
            let others = settings.problems.count > 1 ? " (and \(settings.problems.count - 1) more)" : ""
            return [.say(.failure(problem + others))]
        }
        return session.notes.first.map { [.say(.info($0))] } ?? []
    }

    func appear() -> Effect {
        let (open, options) = (open, options)
        var query = Query.value(Slot(self, "open"), "opening \(place)") {
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
