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
    let open: @Sendable (SessionOptions) async throws -> Session
    /// Called with the other store and its options as soon as it is open.
    let opened: (OpenStore, SessionOptions) -> Void

    /// The reason against changes in a console that was opened with --read-only.
    static let readOnlyReason = "it was opened with --read-only."

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

    private func take(_ text: String) -> Effect {
        let text = String(text.trimmingPrefix { $0 == " " })
        guard !text.isEmpty else { return .none }
        guard !board.activities.contains(where: \.isChange) else {
            return .say(.failure("A change is still running; wait for it, or stop it with Esc."))
        }
        do {
            var next = try StoreOptions.parse(words(text)).session(waiting: true)
            // Who forbids changes once means the whole session.
            next.readOnly = next.readOnly || options.readOnly
            next.rados.logFile = options.rados.logFile
            return look(for: next)
        } catch {
            return .say(.failure(VisibleText.of(StoreOptions.message(for: error))))
        }
    }

    /// The options of the command line for a text. A name that is no registry of config.yml is a
    /// pool of the present cluster.
    private func words(_ text: String) -> [String] {
        if text.hasPrefix("-") { return text.split(separator: " ").map(String.init) }
        if store.settings.registries[text] != nil { return ["--registry", text] }
        if text == "rados" || text.hasPrefix("sqlite:") { return ["--store", text] }
        var near = options
        near.location = .rados
        near.rados.pool = text
        return StoreWords.of(near)
    }

    private func look(for next: SessionOptions) -> Effect {
        let open = open
        var query = Query.value(Slot(store, "store"), "opening \(next.place)") {
            let session = try await open(next)
            guard Task.isCancelled else { return session }
            await session.close()
            throw CancellationError()
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
        return .all([
            .restart(
                RepositoriesScreen(other), readOnlyReason: options.readOnly ? StoreSwitch.readOnlyReason : nil),
            .say(.info(session.notes.first ?? "This is \(session.name) now.")),
        ])
    }
}
