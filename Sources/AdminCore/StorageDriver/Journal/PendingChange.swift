import ObjectStore
public import Foundation

/// A change in the journal, for people.
public struct PendingChange: Hashable, Sendable {
    /// The work that is left for the change.
    public enum State: Hashable, Sendable {
        /// The owner is gone: the change has to be taken back or ended.
        case interrupted
        /// The owner is working on it.
        case inProgress(ChangeOwner)
        /// It is done. The last look is made after this moment.
        case waiting(until: Date)
        /// The last look is due.
        case due
        /// A watch: registries with a descriptor cache may act as if the change were not made.
        /// Every run looks at its place, until an operator says that no cache remembers it.
        case watching
        /// The content that it names is gone: the pool was emptied since. The change is dropped;
        /// nothing else is touched.
        case gone
        /// It cannot be read; the text says why. Nothing is changed in the pool until a newer
        /// regtop, or a person, has dealt with it.
        case unreadable(String)
    }

    /// The key in the journal.
    public let id: String
    /// The change in words.
    public let what: String
    /// The time at which it began; nil if it cannot be read.
    public let begun: Date?
    /// The work that is left for the change.
    public let state: State

    package init(id: String, what: String, begun: Date?, state: State) {
        self.id = id
        self.what = what
        self.begun = begun
        self.state = state
    }
}

extension StorageReader {
    /// The changes that the journal holds, in the order in which they began. Only reads.
    public func pendingChanges(policy: JournalPolicy) async throws -> [PendingChange] {
        try await concurrentMap(try await Journal.entries(of: self), window: window) { entry in
            try await pending(entry, policy)
        }
    }

    /// An intent for people, with the work that is left for it now. Checks in the pool whether its
    /// content is gone.
    package func pending(_ entry: Journal.Entry, _ policy: JournalPolicy) async throws -> PendingChange {
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
    /// True if the owner may wake up and go on: there was no sign of it, and this machine cannot
    /// tell whether it exists.
    func mayWake(for policy: JournalPolicy) -> Bool {
        guard let owner = intent?.head.owner else { return false }
        return owner != policy.owner && owner.isAlive == nil
    }

    /// The intent for people, with the work that is left for it now, by the journal alone.
    package func pending(_ policy: JournalPolicy) -> PendingChange {
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
        // A watch also stays if its change was not done: the change may have been made, and looking
        // does no harm.
        if head.kind == .watch, head.state != .settled { return policy.delay > 0 ? .watching : .due }
        guard head.state.isDeferred else { return .interrupted }
        guard policy.delay > 0 || head.mayWake == true, let due = head.due, due > policy.now else { return .due }
        return .waiting(until: due)
    }

    /// True if the owner works on it, as far as this machine can tell.
    private func isWorkedOn(by owner: ChangeOwner, _ policy: JournalPolicy) -> Bool {
        if owner == policy.owner { return IntentsAtWork.contains(id) }
        if let isAlive = owner.isAlive { return isAlive }
        // An owner on another machine that gave no sign for longer than the lease is taken for
        // dead. This compares two clocks.
        guard let heard else { return false }
        return heard.addingTimeInterval(policy.lease) > policy.now
    }
}
