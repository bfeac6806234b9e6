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

extension StorageReader {
    /// The changes that the journal holds, in the order in which they began. Only reads.
    public func pendingChanges(policy: JournalPolicy) async throws -> [PendingChange] {
        try await concurrentMap(try await Journal.entries(of: self), window: window) { entry in
            try await pending(entry, policy)
        }
    }

    /// An intent for people, and what has to be done about it now.
    func pending(_ entry: Journal.Entry, _ policy: JournalPolicy) async throws -> PendingChange {
        let change = entry.pending(policy)
        switch change.state {
        case .interrupted, .waiting, .due, .watching:
            guard let intent = entry.intent, try await isGone(intent) else { return change }
            return PendingChange(id: change.id, what: change.what, begun: change.begun, state: .gone)
        case .inProgress, .unreadable, .gone: return change
        }
    }
}

extension StorageDriver {
    /// Takes back or ends every change in the journal whose owner is gone, and looks once more at those whose delay
    /// is over (docs/safety.md#recover). Every step may be repeated, and may be done by several at once. Never throws
    /// once the journal was read: each change has its own outcome. Throws errors of the store about the journal
    /// itself. Watches are not touched: what has to be done where they look is known to whoever began them.
    public func recover(progress: ProgressHandler? = nil) async throws -> [Recovery] {
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
            let removed = try await pruneUnwritten(directories, below: floor)
            try await listAgain(directories + removed)
            try await closing(open, as: .settled)
            return (.finished, [])
        case .claims(let holding):
            try await followClaims(in: holding)
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
                try await prune(
                    stages.joined().flatMap { [$0.source.parent, $0.destination.parent] }, below: floor)
                try await closing(open, as: .settled)
                return (.finished, [])
            }
            let staying = try await takeBack(stages, tookAway: intent.head.tookAway)
            if mayWake, policy.delay < policy.stall {
                _ = try await open.settle(as: .undone, after: policy.stall, mayWake: true)
            } else {
                try await closing(open, as: .undone)
            }
            return (.undone, staying.map { "\($0.destination) stays: \($0.source) was written anew meanwhile" })
        }
    }

    /// A change is done. Where no registry is writing, it is looked at at once, and is out of the journal; otherwise
    /// it waits there for the delay to be over.
    func closing(_ intent: OpenIntent, as state: Intent.State) async throws {
        if policy.delay > 0 {
            _ = try await intent.settle(as: state, after: policy.delay)
            return
        }
        if state == .undone { _ = try await intent.advance(to: .undone) }
        try await lookAgain(await intent.intent)
        try await intent.end()
    }

    /// The last look at a change, after the delay (docs/safety.md#3-the-steps): what a registry did that had begun
    /// before the change.
    private func lookAgain(_ intent: Intent) async throws {
        switch intent.body {
        case .directories(let directories, _): try await listAgain(directories)
        case .claims, .mark, .watch: break
        case .move(let stages, _, _):
            let files = stages.flatMap(\.self)
            if intent.head.state == .undone {
                try await takeBack(stages, tookAway: intent.head.tookAway)
            } else {
                try await lookAgain(at: files)
            }
        }
    }

    /// A registry that had read the identifier before may have removed the content, or the key. In the first case the
    /// reference goes; in the second one, if nothing else refers to the content, it comes back.
    private func lookAgain(at files: [FileMove]) async throws {
        let found = try await each(files) { file -> (dropped: StoragePath?, astray: FileMove?) in
            guard try await reader.value(at: file.destination) == file.blob.value else {
                return try await reader.value(at: file.source) == nil ? (nil, file) : (nil, nil)
            }
            if try await hasContent(file) { return (nil, nil) }
            return try await exchange(file.blob, for: nil, at: file.destination)
                ? (file.destination.parent, nil) : (nil, nil)
        }
        let back = try await nowhere(found.compactMap(\.astray))
        let taken = try await publish(back.map { ($0.destination, $0.blob) })
        try await linkUp(Set(back.map(\.destination).filter { !taken.contains($0) }.map(\.parent)))
        try await listAgain(Set(files.map(\.destination.parent)).sorted())
        try await yield(files, \.destination)
        let dropped = found.compactMap(\.dropped)
        if !dropped.isEmpty { try await prune(dropped) }
    }
}

extension Journal.Entry {
    /// Whether its owner may go on with it some day: nothing was heard of him, and nobody can tell from here whether
    /// he is there.
    fileprivate func mayWake(for policy: JournalPolicy) -> Bool {
        guard let owner = intent?.head.owner else { return false }
        return owner != policy.owner && owner.isAlive == nil
    }

    /// The intent for people, and what has to be done about it now.
    func pending(_ policy: JournalPolicy) -> PendingChange {
        switch content {
        case .failure(let unreadable):
            PendingChange(
                id: id, what: "an intent that cannot be read", begun: nil, state: .unreadable(unreadable.why))
        case .success(let intent):
            PendingChange(id: id, what: intent.head.what, begun: intent.head.begun, state: intent.state(policy))
        }
    }
}

extension Intent {
    fileprivate func state(_ policy: JournalPolicy) -> PendingChange.State {
        if let owner = head.owner, isWorkedOn(by: owner, policy) { return .inProgress(owner) }
        // Whoever stopped before its change was done leaves a watch as well: it may have been done, and looking does
        // no harm.
        if head.kind == .watch, head.state != .settled { return policy.delay > 0 ? .watching : .due }
        guard head.state.isDeferred else { return .interrupted }
        guard policy.delay > 0 || head.mayWake == true, let due = head.due, due > policy.now else { return .due }
        return .waiting(until: due)
    }

    /// Whether the owner still works on it, as far as can be told from here.
    private func isWorkedOn(by owner: ChangeOwner, _ policy: JournalPolicy) -> Bool {
        if owner == policy.owner { return IntentsAtWork.contains(id) }
        if let isAlive = owner.isAlive { return isAlive }
        // Elsewhere: whoever was not heard of for longer than the lease is taken for dead, on the word of two clocks.
        guard let heard else { return false }
        return heard.addingTimeInterval(policy.lease) > policy.now
    }
}
