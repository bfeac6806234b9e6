import Foundation

/// What became of one pending change.
public struct Recovery: Hashable, Sendable {
    /// In one word.
    public enum Outcome: String, Hashable, Sendable {
        /// It was taken back: everything is where it was before it began.
        case undone
        /// It was ended.
        case finished
        /// It was looked at once more after its delay, and is out of the journal.
        case checked
        /// All that it speaks of is gone, as the pool was emptied since: it is out of the journal, and nothing else
        /// was touched.
        case dropped
        /// Nothing was done: somebody is working on it, or its moment has not come.
        case left
        /// Its place was looked at, and what is missing there was completed; it stays in the journal.
        case watched
        /// It cannot be understood, or something went wrong; `error` says what. It stays in the journal.
        case failed
        /// It may or may not have been done; `error` says why.
        case unknown
    }

    /// The change as it was found.
    public let change: PendingChange
    /// What became of it.
    public let outcome: Outcome
    /// Why, in a sentence; nil if all is well.
    public let error: String?
    /// What a person should know: which files could not be brought back, for example.
    public let notes: [String]
    /// What kind of failure of the store it was; nil if it was none.
    public let kind: StoreError.Kind?
}

/// Settles a journal: takes back or ends what was interrupted, and makes the looks that are due.
struct JournalRecovery: Sendable {
    let journal: Journal

    private var policy: JournalPolicy { journal.policy }
    private var reader: StorageReader { journal.writer.reader }
    private var pruner: DirectoryPruner { DirectoryPruner(journal: journal) }
    private var mover: FileMover { FileMover(journal: journal) }
    private var reversal: MoveReversal { MoveReversal(journal: journal) }

    /// Takes back or ends every change in the journal whose owner is gone, and looks once more at those whose delay
    /// is over (docs/safety.md#recover). Every step may be repeated, and may be done by several at once. Never throws
    /// once the journal was read: each change has its own outcome. Throws errors of the store about the journal
    /// itself. Watches are not touched: what has to be done where they look is known to whoever began them.
    func run(progress: ProgressHandler? = nil) async throws -> [Recovery] {
        let entries = try await journal.entries().filter { $0.intent?.head.kind != .watch }
        let counter = ProgressCounter(phase: "recovering", total: UInt64(entries.count), handler: progress)
        var recoveries: [Recovery] = []
        for entry in entries {
            if Task.isCancelled { break }
            recoveries.append(await recover(entry))
            counter.advance()
        }
        try await journal.tidyUp()
        return recoveries
    }

    private func recover(_ entry: Journal.Entry) async -> Recovery {
        var change = entry.pending(policy)
        func ended(
            _ outcome: Recovery.Outcome, _ error: String? = nil, notes: [String] = [], kind: StoreError.Kind? = nil
        ) -> Recovery {
            Recovery(change: change, outcome: outcome, error: error, notes: notes, kind: kind)
        }
        do {
            change = try await reader.pending(entry, policy)
            switch change.state {
            case .unreadable(let why): return ended(.failed, why)
            case .gone:
                guard let intent = try await journal.takeOver(entry, as: entry.intent?.head.state ?? .settled) else {
                    return ended(.left, "somebody else took it up")
                }
                try await intent.end()
                return ended(.dropped)
            case .inProgress(let owner): return ended(.left, "\(owner) is working on it")
            case .waiting, .watching: return ended(.left)
            case .due:
                guard let intent = try await journal.takeOver(entry, as: entry.intent?.head.state ?? .settled) else {
                    return ended(.left, "somebody else took it up")
                }
                do {
                    return try await working(intent) {
                        try await lookAgain(await intent.intent)
                        try await intent.end()
                        return ended(.checked)
                    }
                } catch let error as StoreError where error.kind == .incomplete {
                    // It is done, and nothing is in danger: another look can wait for the day on which it is possible.
                    return ended(.left, "\(error)")
                }
            case .interrupted:
                let state = entry.intent?.head.state
                guard let intent = try await journal.takeOver(entry, as: state == .left ? .left : .undoing) else {
                    return ended(.left, "somebody else took it up")
                }
                return try await working(intent) {
                    let (outcome, notes) = try await resume(intent, mayWake: entry.mayWake(for: policy))
                    return ended(outcome, notes: notes)
                }
            }
        } catch StorageError.outcomeUnknown(let path, let error) {
            return ended(.unknown, StorageError.outcomeUnknown(path, error).description, kind: error.kind)
        } catch {
            return ended(.failed, "\(error)", kind: (error as? StoreError)?.kind)
        }
    }

    private func working<Value: Sendable>(
        _ intent: OpenIntent, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Goes on with a change that was interrupted.
    private func resume(_ open: OpenIntent, mayWake: Bool) async throws -> (Recovery.Outcome, [String]) {
        let intent = await open.intent
        switch intent.body {
        case .directories(let directories, let floor):
            let removed = try await pruner.pruneUnwritten(directories, below: floor)
            try await pruner.listAgain(directories + removed)
            try await pruner.close(open)
            return (.finished, [])
        case .claims(let holding):
            try await Holdings(journal: journal).follow(holding)
            try await open.end()
            return (.finished, [])
        case .mark, .watch:
            try await open.end()
            return (.finished, [])
        case .move(let stages, let floor, let keepsDirectories):
            if intent.head.state == .left {
                if keepsDirectories {
                    try await open.end()
                    return (.finished, [])
                }
                try await pruner.prune(
                    stages.joined().flatMap { [$0.source.parent, $0.destination.parent] }, below: floor)
                try await mover.close(open, as: .settled)
                return (.finished, [])
            }
            let staying = try await reversal.takeBack(stages, tookAway: intent.head.tookAway)
            if mayWake, policy.delay < policy.stall {
                _ = try await open.settle(as: .undone, after: policy.stall, mayWake: true)
            } else {
                try await mover.close(open, as: .undone)
            }
            return (.undone, staying.map { "\($0.destination) stays: \($0.source) was written anew meanwhile" })
        }
    }

    /// The last look at a change, after the delay (docs/safety.md#3-the-steps).
    private func lookAgain(_ intent: Intent) async throws {
        switch intent.body {
        case .directories: try await pruner.lookAgain(at: intent)
        case .move: try await reversal.lookAgain(at: intent)
        case .claims, .mark, .watch: break
        }
    }
}
