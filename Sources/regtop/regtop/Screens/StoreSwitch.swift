import AdminCore
import ConsoleKit
import SafeText
import ArgumentParser

/// The command that shows another store in place of the present one. The present store stays until
/// the other one is open.
struct StoreSwitch {
    let store: OpenStore
    let board: TaskBoard
    /// The options of the present store.
    let options: SessionOptions
    /// True if the console was opened read-only, so that every store is.
    let staysReadOnly: Bool
    let open: @Sendable (SessionOptions) async throws -> Session
    /// Called with the other store and its options as soon as it is open.
    let opened: (OpenStore, SessionOptions) -> Void

    /// The reason against changes in a console that was opened read-only.
    static let readOnlyReason = "it was opened with --read-only."
    /// The reason against changes in a store that was opened later.
    static let laterReason = "config.yml or an option of :store forbids changes in this store."

    var command: Command {
        Command(
            name: "store", keys: [],
            help: "Opens another store: a pool, sqlite:FILE, a name in config.yml, or options such as -p POOL -c FILE",
            group: .place, argument: .init(choices: { names }, action: take)
        ) {
            .prompt(Prompt(label: "open the store: ", complete: { Prompt.completed($0, names) }) { take($0) })
        }
    }

    private var names: [String] { store.settings.registries.keys.sorted() + ["rados", "sqlite:"] }

    /// The argument of the command that shows the pool: the name of another pool of its cluster.
    var pool: Command.Argument {
        .init(choices: { store.settings.registries.values.compactMap(\.pool).sorted() }) { text in
            let name = String(text.trimmingPrefix { $0 == " " })
            guard case .rados = options.location else {
                return .say(.failure("This store is \(options.place), and has no other pools; :store opens a cluster."))
            }
            return name.isEmpty ? .say(.info("The present store stays.")) : change { near(name) }
        }
    }

    /// A pool of the present cluster; nil for the pools that have a registry.
    private func near(_ pool: String?) -> SessionOptions {
        var rados = options.rados
        rados.pool = pool
        return near(SessionOptions(location: .rados, rados: rados))
    }

    private func take(_ text: String) -> Effect {
        let text = String(text.trimmingPrefix { $0 == " " })
        guard !text.isEmpty else { return .say(.info("The present store stays.")) }
        return change { try session(text) }
    }

    /// Opens another store, unless something runs that needs the present one.
    private func change(to next: () throws -> SessionOptions) -> Effect {
        if let task = board.activities.first(where: { $0.isChange || $0.outlivesItsScreen }) {
            return .say(.failure("\(task.label) still runs; wait for it, or stop it in :tasks."))
        }
        do {
            var next = try next()
            next.readOnly = next.readOnly || staysReadOnly
            next.rados.logFile = options.rados.logFile
            return look(for: next)
        } catch {
            return .say(.failure(VisibleText.of(StoreOptions.message(for: error))))
        }
    }

    /// The options for a text. A name that is no registry of config.yml is a pool of the present
    /// cluster.
    private func session(_ text: String) throws -> SessionOptions {
        if text.hasPrefix("-") {
            return try StoreOptions.parse(text.split(separator: " ").map(String.init)).session(waiting: true)
        }
        if store.settings.registries[text] != nil {
            var given = try StoreOptions.parse([])
            try given.adopt(text, store.settings)
            return near(given.session(waiting: true))
        }
        let file = "sqlite:"
        if text.hasPrefix(file), text.count > file.count {
            return near(SessionOptions(location: .sqlite(path: String(text.dropFirst(file.count)))))
        }
        return near(text == "rados" ? nil : text)
    }

    /// The same with the limits of the present store.
    private func near(_ given: SessionOptions) -> SessionOptions {
        var next = given
        next.chunkSize = options.chunkSize
        next.rados.inFlight = options.rados.inFlight
        next.rados.connectTimeout = options.rados.connectTimeout
        return next
    }

    private func look(for next: SessionOptions) -> Effect {
        let open = open
        var query = Query.value(Slot(store, "store"), "opening \(next.place)") {
            let session = try await open(next)
            if Task.isCancelled {
                await session.close()
                throw CancellationError()
            }
            return session
        } then: { result in
            switch result {
            case .success(let session): show(session, next)
            case .failure(SessionError.severalPools(let pools)): choose(pools, next)
            case .failure(let error): .failure(error)
            }
        }
        // The keys after the name are meant for the other store.
        query.isPlanning = true
        return .ask(query)
    }

    private func choose(_ pools: [String], _ next: SessionOptions) -> Effect {
        let options = pools.map { ChoicePanel.Option(name: $0, meaning: "Opens the registry in this pool.") }
        let panel = ChoicePanel(
            title: "\(HumanText.count(pools.count)) pools have a registry", options: options,
            declined: "The present store stays.")
        return .choose(panel) { chosen in
            var next = next
            next.rados.pool = pools[chosen]
            return look(for: next)
        }
    }

    private func show(_ session: Session, _ options: SessionOptions) -> Effect {
        let other = OpenStore(session, words: StoreWords.of(options), settings: store.settings)
        opened(other, options)
        let reason =
            staysReadOnly ? StoreSwitch.readOnlyReason : options.readOnly ? StoreSwitch.laterReason : nil
        return .all([
            .restart(RepositoriesScreen(other), readOnlyReason: reason),
            .say(.info(session.notes.first ?? "This is \(session.name) now.")),
        ])
    }
}
