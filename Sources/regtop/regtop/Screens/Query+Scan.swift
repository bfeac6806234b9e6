import AdminCore

extension Query {
    /// What was found of one key, or why nothing was.
    nonisolated struct Finding<Key: Sendable, Found: Sendable>: Sendable {
        let key: Key
        let result: Result<Found, any Error>
    }

    /// Looks at every key of a queue, several side by side, in the order that the queue says. An error of one key is its finding; what
    /// concerns all of them ends the scan.
    static func scan<Key, Found: Sendable>(
        _ slot: Slot, _ label: String, unit: String, _ queue: WorkQueue<Key>, window: Int = 32,
        look: @escaping @Sendable (Key) async throws -> Found,
        fold: @escaping ([Finding<Key, Found>]) -> Void,
        end: @escaping (Ending) -> Effect
    ) -> Query {
        .stream(slot, label) { (reporter: Reporter<Finding<Key, Found>>) in
            let total = UInt64(queue.total)
            let done = Tally()
            reporter.progress(TaskProgress(total: total, unit: unit))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<max(1, min(window, queue.total)) {
                    group.addTask {
                        while let key = queue.next() {
                            try Task.checkCancellation()
                            let found = try await finding(of: key, look)
                            reporter.emit(found)
                            let now = done.next()
                            reporter.progress(TaskProgress(done: now, total: total, unit: unit))
                        }
                    }
                }
                try await group.waitForAll()
            }
        } fold: {
            fold($0)
        } end: {
            end($0)
        }
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
    /// Whether asking for something else would end the same way.
    nonisolated var concernsEverything: Bool {
        switch self {
        case .cancelled, .noSuchPool, .blocklisted, .unreachable, .notConfigured: true
        default: false
        }
    }
}
