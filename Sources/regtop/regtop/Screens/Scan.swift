import AdminCore
import ConsoleKit
import SafeText
import Synchronization

/// The keys that a scan has still to read. Workers take keys, the visible ones first; the console
/// tells which are visible.
nonisolated final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var pending: Set<Key>
        /// In reverse order, so that a removal costs nothing. May have keys that are not pending
        /// any more.
        var rest: [Key]
        var urgent: [Key] = []
        var done: UInt64 = 0
    }

    /// The number of keys at the beginning.
    let total: Int
    private let state: Mutex<State>

    init(_ keys: [Key]) {
        let pending = Set(keys)
        total = pending.count
        state = Mutex(State(pending: pending, rest: keys.reversed()))
    }

    /// Returns each key once, and nil when all have been taken.
    func next() -> Key? {
        state.withLock { state in
            while let key = state.urgent.popLast() ?? state.rest.popLast() {
                if state.pending.remove(key) != nil { return key }
            }
            return nil
        }
    }

    /// Counts a key as read; returns the number of these keys.
    func finish() -> UInt64 {
        state.withLock { state in
            state.done += 1
            return state.done
        }
    }

    /// Puts these keys before all others, in their order.
    func hurry(_ keys: [Key]) {
        state.withLock { state in
            state.urgent = keys.reversed().filter(state.pending.contains)
        }
    }
}

extension Query {
    /// The result of one key: its content, or the error.
    nonisolated struct Finding<Key: Sendable, Found: Sendable>: Sendable {
        let key: Key
        let result: Result<Found, any Error>
    }

    /// Returns a query that reads the keys of a queue, several at the same time, in the order of
    /// the queue.
    ///
    /// - Parameters:
    ///   - unit: The plural noun for the keys in the progress.
    ///   - look: Reads a key. An error is the result of that key; an error that concerns all keys
    ///     ends the scan.
    static func scan<Key, Found: Sendable>(
        _ slot: Slot, _ label: String, unit: String, _ queue: WorkQueue<Key>, window: Int = 32,
        look: @escaping @Sendable (Key) async throws -> Found,
        fold: @escaping ([Finding<Key, Found>]) -> Void,
        end: @escaping (Ending) -> Effect
    ) -> Query {
        .stream(
            slot, label,
            work: { (reporter: Reporter<Finding<Key, Found>>) in
                let total = UInt64(queue.total)
                reporter.progress(TaskProgress(total: total, unit: unit))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<max(1, min(window, queue.total)) {
                        group.addTask {
                            while let key = queue.next() {
                                try Task.checkCancellation()
                                reporter.emit(try await finding(of: key, look))
                                reporter.progress(TaskProgress(done: queue.finish(), total: total, unit: unit))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }, fold: fold, end: end)
    }

    private nonisolated static func finding<Key: Sendable, Found: Sendable>(
        of key: Key, _ look: @Sendable (Key) async throws -> Found
    ) async throws -> Finding<Key, Found> {
        do {
            return Finding(key: key, result: .success(try await look(key)))
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as StoreError where error.kind.concernsEverything {
            throw error.kind == .cancelled ? CancellationError() : error
        } catch {
            return Finding(key: key, result: .failure(error))
        }
    }
}

extension StoreError.Kind {
    /// True if every other operation would end in the same way.
    nonisolated var concernsEverything: Bool {
        switch self {
        case .cancelled, .noSuchPool, .blocklisted, .unreachable, .notConfigured: true
        default: false
        }
    }
}
