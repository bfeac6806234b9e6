/// Transforms `items` with up to `window` (1…) of them under way at once and returns the results in the order of the items.
///
/// The window slides: a new item begins as soon as any one ends, so one slow answer does not hold up the others. What bounds
/// the operations in flight is the store; the window only bounds the tasks. The first error cancels the rest and is thrown.
func concurrentMap<Item: Sendable, Result: Sendable>(
    _ items: some Sequence<Item>, window: Int,
    _ transform: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var iterator = items.makeIterator()
        var next = 0
        var results: [Int: Result] = [:]
        func submit() {
            guard let item = iterator.next() else { return }
            let index = next
            next += 1
            group.addTask { (index, try await transform(item)) }
        }
        for _ in 0..<max(1, window) { submit() }
        while let (index, result) = try await group.next() {
            results[index] = result
            submit()
        }
        return (0..<next).compactMap { results[$0] }
    }
}
