/// Answers each question once, and remembers the answer: for one pass over a store in which many
/// repositories share blobs.
///
/// An error is remembered like an answer. The first task that asks finds the answer, and the others
/// wait for it; if the first one is cancelled meanwhile, the next one takes over.
package actor Memo<Key: Hashable & Sendable, Value: Sendable> {
    private enum Entry {
        case underWay
        case answered(Result<Value, any Error>)
    }

    private var entries: [Key: Entry] = [:]
    /// The tasks that wait for an answer, by ticket.
    private var waiting: [Key: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var tickets = 0
    private let answer: @Sendable (Key) async throws -> Value

    /// A memo that asks `answer`.
    package init(_ answer: @escaping @Sendable (Key) async throws -> Value) {
        self.answer = answer
    }

    /// Returns the answer for `key`, or throws the error of `answer`.
    package func callAsFunction(_ key: Key) async throws -> Value {
        while true {
            switch entries[key] {
            case .answered(let result):
                return try result.get()
            case .underWay:
                await wait(for: key)
                // A cancelled task does not wait: `answer` throws the error of a cancelled task.
                if Task.isCancelled { return try await answer(key) }
            case nil:
                entries[key] = .underWay
                do {
                    let value = try await answer(key)
                    finish(key, .answered(.success(value)))
                    return value
                } catch {
                    // The error of a cancelled task is no answer: the next task asks again.
                    finish(key, Task.isCancelled ? nil : .answered(.failure(error)))
                    throw error
                }
            }
        }
    }

    private func finish(_ key: Key, _ entry: Entry?) {
        entries[key] = entry
        for continuation in (waiting.removeValue(forKey: key) ?? [:]).values { continuation.resume() }
    }

    /// Returns when the question is no longer under way, or when the task is cancelled.
    private func wait(for key: Key) async {
        tickets += 1
        let ticket = tickets
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled, case .underWay? = entries[key] else { return continuation.resume() }
                waiting[key, default: [:]][ticket] = continuation
            }
        } onCancel: {
            Task { await self.stopWaiting(for: key, ticket) }
        }
    }

    private func stopWaiting(for key: Key, _ ticket: Int) {
        waiting[key]?.removeValue(forKey: ticket)?.resume()
    }
}
