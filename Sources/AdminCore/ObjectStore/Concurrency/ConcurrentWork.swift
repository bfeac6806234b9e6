import Synchronization

/// Transforms `items`, with up to `window` (1…) tasks under way at once.
///
/// The window slides: a new item begins as soon as any one ends, so one slow answer does not hold
/// up the others. The store bounds the operations in flight; the window only bounds the tasks.
///
/// - Returns: The results, in the order of the items.
/// - Throws: The first error of `transform`; the other tasks are cancelled.
@inlinable
public func concurrentMap<Item: Sendable, Result: Sendable>(
    _ items: some Sequence<Item>, window: Int,
    _ transform: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    var iterator = items.makeIterator()
    var results: [Result?] = []
    try await concurrentWork(window: window) { _ in
        guard let item = iterator.next() else { return nil }
        results.append(nil)
        return (results.count - 1, item)
    } perform: { (index: Int, item: Item) in
        (index, try await transform(item))
    } take: { index, result in
        results[index] = result
    }
    return results.compactMap { $0 }
}

/// Performs work that may grow while it runs, each item in a task of its own.
///
/// `next` and `take` are called by the calling task, one at a time, so they may share the caller's
/// variables.
///
/// - Parameters:
///   - window: The number of tasks under way at once, at least 1.
///   - isOver: Evaluated after each answer; true cancels the tasks under way and ignores their
///     answers.
///   - next: Returns the next item, or nil to wait for an answer first. The work ends when it
///     returns nil while no task is under way. It gets the number of tasks under way.
///   - perform: Answers one item.
///   - take: Receives each answer as soon as it is there, in no particular order.
/// - Throws: The first error of any of the closures; the tasks under way are cancelled.
@inlinable
public func concurrentWork<Item: Sendable, Answer: Sendable>(
    window: Int, until isOver: @autoclosure () -> Bool = false,
    next: (_ underWay: Int) async throws -> Item?,
    perform: @escaping @Sendable (Item) async throws -> Answer,
    take: (Answer) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Answer.self) { group in
        var underWay = 0
        while true {
            while underWay < max(1, window), let item = try await next(underWay) {
                underWay += 1
                group.addTask { try await perform(item) }
            }
            guard let answer = try await group.next() else { return }
            underWay -= 1
            try await take(answer)
            if isOver() { return group.cancelAll() }
        }
    }
}

/// A number that several tasks increase and decrease.
package final class Counter: Sendable {
    private let number = Atomic(0)

    package init() {}

    /// The current number.
    package var value: Int { number.load(ordering: .relaxed) }

    /// Adds to the number, and returns the sum.
    @discardableResult
    package func add(_ difference: Int) -> Int {
        number.wrappingAdd(difference, ordering: .relaxed).newValue
    }
}

/// Admits one task at a time, in the order of arrival: for work that needs much memory. A cancelled
/// task waits for its turn, too.
package actor Turnstile {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init() {}

    /// Runs `body` when no other task is inside.
    package func pass<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        if isTaken {
            await withCheckedContinuation { waiting.append($0) }
        }
        isTaken = true
        defer { leave() }
        return try await body()
    }

    private func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
