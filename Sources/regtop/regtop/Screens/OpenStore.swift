import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The open store that all screens share, with its status and the changes that the console made.
final class OpenStore {
    let session: Session
    /// The options of a command line for this store; a renamed pool has its new name.
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
    /// True if the last refresh of the header has failed, so that it shows old values.
    var isStale = false
    /// The repositories by the last listing, for completion and for the header; nil before one.
    var repositories: [RepositoryName]?
    /// The last verification, running or ended.
    var verification: (any Screen)?
    /// Grows with every change, so that a screen can tell whether its content is old.
    private(set) var generation = 0
    /// The changed repositories, each with the generation of its last change.
    private var changes: [RepositoryName: Int] = [:]

    init(_ session: Session, words: [String] = [], settings: Settings = Settings()) {
        self.session = session
        givenWords = words
        self.settings = settings
    }

    /// The path of a directory and its object, for the clipboard.
    func copies(of directory: StoragePath) -> [CopyItem] {
        [
            CopyItem(.path, directory.string),
            CopyItem(.object, StorageReader.directory(directory).description),
        ]
    }

    // MARK: - Changes

    /// The changes that can be undone, and done again; nil before the log was read.
    private(set) var history: UndoHistory?
    /// The changes whose undo was refused in this session: `u` passes over them.
    var refused: Set<String> = []

    /// Records repositories that a change has changed, or may have.
    func changed(_ repositories: Set<RepositoryName>) {
        generation += 1
        for name in repositories { changes[name] = generation }
    }

    /// Returns the repositories with changes after a generation.
    func changed(since generation: Int) -> Set<RepositoryName> {
        Set(changes.filter { $0.value > generation }.keys)
    }

    // MARK: - The status

    /// Asks for everything that the header shows. Esc does not stop this.
    var askStatus: Effect {
        .all([.ask(statusQuery(quiet: false)), .ask(chunkSizeQuery), askPending])
    }

    /// Asks for the journal.
    var askPending: Effect { .ask(journalQuery(quiet: false)) }

    /// Asks for everything in the header that a change may have changed, and for the changes that
    /// can be undone.
    ///
    /// - Parameter screen: The screen on top; the list of repositories lists them by itself.
    func askAfterChange(on screen: any Screen) -> Effect {
        let names: Effect = repositories == nil || screen is RepositoriesScreen ? .none : .ask(namesQuery)
        return .all([askPending, askHistory, .ask(statusQuery(quiet: true)), names])
    }

    /// Asks for the changes that can be undone. This reads the log of a week.
    var askHistory: Effect { historyQuery.map { .ask($0) } ?? .none }

    /// Refreshes the header, unless the last refresh is still unanswered. An error is not shown in
    /// the status line, because the user has not asked for this.
    func beat(_ board: TaskBoard) -> Effect {
        let (status, journal) = (statusQuery(quiet: true), journalQuery(quiet: true))
        guard !board.isRunning(status.slot), !board.isRunning(journal.slot) else { return .none }
        return .all([.ask(status), .ask(journal)])
    }

    private func statusQuery(quiet: Bool) -> Query {
        let objects = session.objects
        return housekeeping("status", "reading the status of the store", quiet: quiet) {
            try await objects.status()
        } take: {
            $0.status = $1
        }
    }

    private var namesQuery: Query {
        let registry = session.registry
        return housekeeping("names", "listing repositories", quiet: true) {
            try await registry.repositoryNames()
        } take: {
            $0.repositories = $1
        }
    }

    private func journalQuery(quiet: Bool) -> Query {
        let session = session
        return housekeeping("journal", "reading the journal", quiet: quiet) {
            try await session.pendingChanges()
        } take: {
            $0.pending = $1
        }
    }

    /// None if nothing can be changed.
    private var historyQuery: Query? {
        guard let who = session.admin?.by else { return nil }
        let planner = session.planner
        return housekeeping("history", "reading the log of changes", quiet: true) {
            try await planner.undoHistory(of: who)
        } take: {
            $0.history = $1
        }
    }

    private var chunkSizeQuery: Query {
        let storage = session.storage
        return housekeeping("chunk size", "checking the chunk size", quiet: false) {
            try await ChunkSizeProbe(storage: storage).run()
        } take: {
            $0.chunkSize = $1
        }
    }

    /// - Parameter quiet: Whether an error only makes the header stale.
    private func housekeeping<Value: Sendable>(
        _ name: String, _ label: String, quiet: Bool, work: @escaping @Sendable () async throws -> Value,
        take: @escaping (OpenStore, Value) -> Void
    ) -> Query {
        var query = Query.value(Slot(self, name), label, work: work) { [unowned self] result in
            switch result {
            case .success(let value):
                if quiet { isStale = false }
                take(self, value)
                return .none
            case .failure(let error):
                guard quiet else { return .failure(error) }
                isStale = true
                return .none
            }
        }
        query.stopsOnEscape = false
        query.isHousekeeping = true
        return query
    }

    // MARK: - The header

    var header: HeaderBar {
        let load = session.objects.load
        var items = [HeaderBar.Item(text: "regtop"), HeaderBar.Item(text: session.name, priority: 1)]
        if let stalled = load.stalled {
            let waiting = "WAITING \(Int(stalled.seconds)) s"
            let whole = stalled.object.map { "\(waiting) for \(stalled.operation) of \($0)" }
            let short = stalled.object.map { object in
                "\(waiting) for \(stalled.operation) of \(Line("\(object)").truncated(to: 20, .middle).text)"
            }
            let texts = [whole, short, "\(waiting) for \(stalled.operation)", waiting].compactMap(\.self)
            items.append(.init(text: texts[0], isAlert: true, shorter: Array(texts.dropFirst())))
        }
        if let other = chunkSize?.other {
            let assumed = HumanText.bytes(session.storage.chunkSize)
            items.append(
                .init(
                    text: "WRONG CHUNK SIZE \(assumed), the pool has \(HumanText.bytes(other))", isAlert: true,
                    shorter: ["WRONG CHUNK SIZE"]))
        }
        if let tier = status?.tiering.summary {
            items.append(.init(text: "CACHE TIER \(VisibleText.of(tier))", isAlert: true, shorter: ["CACHE TIER"]))
        }
        if let alert = JournalText.alert(pending) {
            let count = pending.count { $0.state == .interrupted || $0.isUnreadable }
            items.append(
                .init(
                    text: "\(alert.uppercased()) :recover", isAlert: true,
                    shorter: ["\(count) INTERRUPTED :recover", "\(count) INTERRUPTED"]))
        } else if let reminder = JournalText.reminder(pending) {
            items.append(.init(text: reminder, isAlert: true, shorter: ["flush caches :recover", "flush caches"]))
        } else if !pending.isEmpty {
            items.append(.init(text: "journal \(HumanText.count(pending.count))", priority: 8))
        }
        if let client = status?.client { items.append(.init(text: client, priority: 6)) }
        if let health = status?.health {
            let short = health.hasPrefix("HEALTH_") ? [String(health.dropFirst("HEALTH_".count))] : []
            items.append(.init(text: health, priority: 3, isAlert: health != "HEALTH_OK", shorter: short))
        }
        if isStale { items.append(.init(text: "stale", priority: 3, isAlert: true)) }
        if let space { items.append(.init(text: space, priority: 4)) }
        if let objects = status?.objects {
            items.append(.init(text: HumanText.count(objects, "object"), priority: 7))
        }
        if let repositories { items.append(.init(text: HumanText.count(repositories.count, "repo"), priority: 9)) }
        items.append(.init(text: Self.traffic(load), priority: 5))
        return HeaderBar(items: items, isWaiting: load.stalled != nil)
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
    /// Shows an error in the status line.
    static func failure(_ error: any Error) -> Effect {
        .say(.failure(ErrorSentence.of(error)))
    }
}

/// An error as one sentence.
nonisolated enum ErrorSentence {
    static func of(_ error: any Error) -> String {
        switch error {
        case is CancellationError: "stopped"
        case let error as StoreError where error.kind == .cancelled: "stopped"
        default: ErrorText.reasonFirst(error)
        }
    }
}
