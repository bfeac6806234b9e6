import ObjectStore
import Foundation

/// Takes back or ends the interrupted changes in a journal, and makes the last looks that are due.
struct JournalRecovery: Sendable {
    let journal: Journal

    private var policy: JournalPolicy { journal.policy }
    private var reader: StorageReader { journal.writer.reader }
    private var pruner: DirectoryPruner { DirectoryPruner(journal: journal) }
    private var mover: FileMover { FileMover(journal: journal) }
    private var reversal: MoveReversal { MoveReversal(journal: journal) }

    /// See `StorageDriver.recover`.
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
                    return ended(.left, "another regtop took it up")
                }
                try await intent.end()
                return ended(.dropped)
            case .inProgress(let owner): return ended(.left, "\(owner) is working on it")
            case .waiting, .watching: return ended(.left)
            case .due:
                guard let intent = try await journal.takeOver(entry, as: entry.intent?.head.state ?? .settled) else {
                    return ended(.left, "another regtop took it up")
                }
                do {
                    return try await working(intent) {
                        try await lookAgain(await intent.intent)
                        try await intent.end()
                        return ended(.checked)
                    }
                } catch let error as StoreError where error.kind == .incomplete {
                    // The change is done and nothing can be lost: the last look waits until
                    // listings are whole.
                    return ended(.left, "\(error)")
                }
            case .interrupted:
                let state = entry.intent?.head.state
                guard let intent = try await journal.takeOver(entry, as: state == .left ? .left : .undoing) else {
                    return ended(.left, "another regtop took it up")
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

    /// Takes back or ends an interrupted change.
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
        case .copy(let stages):
            let notes = try await LinkCopier(journal: journal).finish(stages)
            try await open.end()
            return (.finished, notes)
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
        case .copy, .claims, .mark, .watch: break
        }
    }
}
