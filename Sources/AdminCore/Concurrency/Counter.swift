import Synchronization

/// Counts what several tasks have done together.
final class Counter: Sendable {
    private let value = Atomic(0)

    /// One more; the number of all so far.
    func increment() -> Int {
        value.add(1, ordering: .relaxed).newValue
    }
}
