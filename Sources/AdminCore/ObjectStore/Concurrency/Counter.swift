import Synchronization

/// A number that several tasks count up and down.
final class Counter: Sendable {
    private let number = Atomic(0)

    /// The number now.
    var value: Int { number.load(ordering: .relaxed) }

    /// Adds to it; what it is then.
    @discardableResult
    func add(_ difference: Int) -> Int {
        number.wrappingAdd(difference, ordering: .relaxed).newValue
    }
}
