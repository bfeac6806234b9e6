public import Foundation

/// A pending change, as people see it.
public struct PendingChange: Hashable, Sendable {
    /// What has to be done about it.
    public enum State: Hashable, Sendable {
        /// Whoever began it is gone: it is to be taken back, or to be ended.
        case interrupted
        /// Somebody is working on it.
        case inProgress(ChangeOwner)
        /// It is done. What a registry did meanwhile is looked at once more after this moment.
        case waiting(until: Date)
        /// The moment has come to look once more.
        case due
        /// It is done. Registries with a descriptor cache may go on as if it were not: its place is looked at with every change, until somebody
        /// says that no cache remembers it.
        case watching
        /// The content that it speaks of is gone: the pool was emptied since. It is to be dropped; nothing else is done.
        case gone
        /// It cannot be understood. Nothing is changed until a newer regtop, or a person, has looked at it.
        case unreadable(String)
    }

    /// Its key in the journal.
    public let id: String
    /// What is done, in words.
    public let what: String
    /// When it began; nil if it cannot be read.
    public let begun: Date?
    /// What has to be done about it.
    public let state: State
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

extension Journal.Entry {
    /// Whether its owner may go on with it some day: nothing was heard of him, and nobody can tell from here whether
    /// he is there.
    func mayWake(for policy: JournalPolicy) -> Bool {
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
