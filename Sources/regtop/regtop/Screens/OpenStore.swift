import AdminCore

/// What all screens look at: the open store, what it says of itself, and what the console has changed in it.
final class OpenStore {
    let session: Session
    /// The words of a command line that name this store; a pool that was renamed by its new name.
    var words: [String] {
        guard let pool = session.pool, let option = givenWords.firstIndex(of: "-p"),
            givenWords.indices.contains(option + 1)
        else { return givenWords }
        var words = givenWords
        words[option + 1] = pool
        return words
    }
    private let givenWords: [String]
    let settings: Settings
    var status: StoreStatus?
    private(set) var chunkSize: ChunkSizeFinding?
    var pending: [PendingChange] = []
    /// True while the last question for the header has failed: what it shows is of before.
    var isStale = false
    /// The repositories that were there when they were last listed; nil before. For completion, and for the header.
    var repositories: [RepositoryName]?
    /// The last verification, running or over.
    var verification: (any Screen)?
    /// Grows with every change of the store, so that a screen sees that what it shows is old.
    private(set) var generation = 0
    /// The repositories that were changed, each with the generation of its last change.
    private var changes: [RepositoryName: Int] = [:]

    init(_ session: Session, words: [String] = [], settings: Settings = Settings()) {
        self.session = session
        givenWords = words
        self.settings = settings
    }

    // MARK: Changes

    /// What the last deletion took to the trash, as long as nobody has brought it back.
    private(set) var lastDeletion: [TrashID] = []

    /// Notes what a change did to the trash.
    func noteTrash(_ results: [ChangeResult]) {
        let taken = results.compactMap(\.trash)
        if !taken.isEmpty { lastDeletion = taken }
        let gone = Set(results.filter { $0.outcome == .done }.map(\.target))
        lastDeletion.removeAll { gone.contains($0.string) }
    }

    /// Notes what was changed, or may have been.
    func changed(_ repositories: Set<RepositoryName>) {
        generation += 1
        for name in repositories { changes[name] = generation }
    }

    /// The repositories that were changed after a generation.
    func changed(since generation: Int) -> Set<RepositoryName> {
        Set(changes.filter { $0.value > generation }.keys)
    }

    // MARK: What the store says of itself

    /// Asks for everything the header shows. Nobody waits for it, and Esc does not stop it.
    var askStatus: Effect {
        .all([.ask(statusQuery), .ask(chunkSizeQuery), askPending])
    }

    /// Asks for the journal: at the beginning, and after every change.
    var askPending: Effect {
        let session = session
        var query = Query.value(Slot(self, "journal"), "reading the journal") {
            try await session.pendingChanges()
        } then: { [unowned self] result in
            switch result {
            case .success(let pending):
                self.pending = pending
                return .none
            case .failure(let error): return .failure(error)
            }
        }
        query.stopsOnEscape = false
        query.isHousekeeping = true
        return .ask(query)
    }

    private var statusQuery: Query {
        let objects = session.objects
        var query = Query.value(Slot(self, "status"), "asking how the store is") {
            try await objects.status()
        } then: { [unowned self] result in
            switch result {
            case .success(let status):
                self.status = status
                return .none
            case .failure(let error): return .failure(error)
            }
        }
        query.stopsOnEscape = false
        query.isHousekeeping = true
        return query
    }

    private var chunkSizeQuery: Query {
        let storage = session.storage
        var query = Query.value(Slot(self, "chunk size"), "checking the chunk size") {
            try await ChunkSizeProbe(storage: storage).run()
        } then: { [unowned self] result in
            switch result {
            case .success(let finding):
                chunkSize = finding
                return .none
            case .failure(let error): return .failure(error)
            }
        }
        query.stopsOnEscape = false
        query.isHousekeeping = true
        return query
    }

    // MARK: The header

    var header: HeaderBar {
        let load = session.objects.load
        var items = [HeaderBar.Item(text: "regtop"), HeaderBar.Item(text: session.name)]
        if let stalled = load.stalled {
            let object = stalled.object.map { " of \($0)" } ?? ""
            items.append(
                .init(
                    text: "waiting \(Int(stalled.seconds)) s for \(stalled.operation)\(object)", priority: 1,
                    isAlert: true))
        }
        if let other = chunkSize?.other {
            let assumed = HumanText.bytes(session.storage.chunkSize)
            items.append(
                .init(
                    text: "WRONG CHUNK SIZE \(assumed), the pool has \(HumanText.bytes(other))", priority: 2,
                    isAlert: true))
        }
        if let tier = status?.tiering.summary {
            items.append(.init(text: "CACHE TIER \(VisibleText.of(tier))", priority: 2, isAlert: true))
        }
        if let alert = JournalText.alert(pending) {
            items.append(.init(text: alert.uppercased(), priority: 2, isAlert: true))
        } else if let reminder = JournalText.reminder(pending) {
            items.append(.init(text: reminder, priority: 2, isAlert: true))
        } else if !pending.isEmpty {
            items.append(.init(text: "journal \(HumanText.count(pending.count))", priority: 8))
        }
        if let client = status?.client { items.append(.init(text: client, priority: 6)) }
        if let health = status?.health {
            items.append(.init(text: health, priority: 3, isAlert: health != "HEALTH_OK"))
        }
        if isStale { items.append(.init(text: "no news", priority: 3, isAlert: true)) }
        if let space { items.append(.init(text: space, priority: 4)) }
        if let objects = status?.objects {
            items.append(.init(text: HumanText.count(objects, "object"), priority: 7))
        }
        if let repositories { items.append(.init(text: HumanText.count(repositories.count) + " repos", priority: 9)) }
        items.append(.init(text: Self.traffic(load), priority: 5))
        return HeaderBar(items: items)
    }

    private var space: String? {
        guard let status else { return nil }
        if let used = status.clusterBytesUsed, let total = status.clusterBytesTotal {
            return "\(HumanText.bytes(used)) of \(HumanText.bytes(total))"
        }
        return status.bytesUsed.map { HumanText.bytes($0) }
    }

    private static func traffic(_ load: StoreLoad) -> String {
        guard let latency = load.latency else { return "in flight \(load.inFlight)" }
        let tenths = Int((latency * 10_000).rounded())
        return "in flight \(load.inFlight), \(tenths / 10).\(tenths % 10) ms"
    }
}

extension Effect {
    /// Says what went wrong in the status line.
    static func failure(_ error: any Error) -> Effect {
        .say(.failure(ErrorSentence.of(error)))
    }
}

/// An error as one sentence.
nonisolated enum ErrorSentence {
    static func of(_ error: any Error) -> String {
        switch error {
        case is CancellationError: "it was stopped"
        case let error as StoreError where error.kind == .cancelled: "it was stopped"
        default: ErrorText.sentence(error)
        }
    }
}
