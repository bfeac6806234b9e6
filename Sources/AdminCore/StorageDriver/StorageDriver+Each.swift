import Synchronization

extension StorageDriver {
    /// Executes one change for each item, side by side, and returns the results in the order of the items.
    ///
    /// After the first failure nothing new is begun, and what is under way comes to its end: to cancel it would only make more outcomes
    /// unknown. Throws an unknown outcome if there was one, as that is what a person must know, otherwise the first failure in the order
    /// of the items.
    func each<Item: Sendable, Value: Sendable>(
        _ items: some Sequence<Item>, _ change: @escaping @Sendable (Item) async throws -> Value
    ) async throws -> [Value] {
        let halt = Halt()
        let results = try await concurrentMap(items, window: reader.window) { item -> Result<Value, any Error>? in
            if halt.isSet { return nil }
            do {
                return .success(try await change(item))
            } catch {
                halt.set()
                return .failure(error)
            }
        }
        var failure: (any Error)?
        for case .failure(let error)? in results {
            if case .outcomeUnknown = error as? StorageError { throw error }
            failure = failure ?? error
        }
        if let failure { throw failure }
        return results.compactMap { try? $0?.get() }
    }
}

/// Says to many tasks that nothing new is to be begun.
private final class Halt: Sendable {
    private let flag = Mutex(false)

    var isSet: Bool { flag.withLock(\.self) }

    func set() { flag.withLock { $0 = true } }
}
