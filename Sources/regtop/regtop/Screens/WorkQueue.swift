import Synchronization

/// What is still to be looked at. What is in sight comes first, the rest in its own order: workers take, the console says
/// what is in sight.
nonisolated final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var pending: Set<Key>
        /// Backwards, so that taking costs nothing. May hold keys that are not pending any more.
        var rest: [Key]
        var urgent: [Key] = []
    }

    /// How many keys there were.
    let total: Int
    private let state: Mutex<State>

    init(_ keys: [Key]) {
        let pending = Set(keys)
        total = pending.count
        state = Mutex(State(pending: pending, rest: keys.reversed()))
    }

    /// The next key, once; nil when all have been taken.
    func next() -> Key? {
        state.withLock { state in
            while let key = state.urgent.popLast() ?? state.rest.popLast() {
                if state.pending.remove(key) != nil { return key }
            }
            return nil
        }
    }

    /// Puts keys before all others, the first one first.
    func hurry(_ keys: [Key]) {
        state.withLock { state in
            state.urgent = keys.reversed().filter(state.pending.contains)
        }
    }
}
