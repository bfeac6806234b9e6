import Synchronization

/// Counts from 1, for whoever asks, on any thread.
nonisolated final class Tally: Sendable {
    private let count = Atomic<UInt64>(0)

    func next() -> UInt64 { count.add(1, ordering: .relaxed).newValue }
}
