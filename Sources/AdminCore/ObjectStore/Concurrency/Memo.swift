/// Answers each question once: whoever asks the same again, also meanwhile, gets the same answer.
///
/// For one pass over a store in which many repositories share blobs. An error is remembered like an answer; make a new memo
/// for a new pass. The first one who asks finds the answer, in its own task; if that task is cancelled meanwhile, the next one
/// who waits takes over, so cancelling one asker does not cancel the answer the others wait for.
actor Memo<Key: Hashable & Sendable, Value: Sendable> {
    private enum Entry {
        case underWay
        case answered(Result<Value, any Error>)
    }

    private var entries: [Key: Entry] = [:]
    /// Who waits for an answer that is under way, by ticket.
    private var waiting: [Key: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var tickets = 0
    private let answer: @Sendable (Key) async throws -> Value

    /// A memo whose questions are answered by `answer`.
    init(_ answer: @escaping @Sendable (Key) async throws -> Value) {
        self.answer = answer
    }

    /// The answer for `key`. Throws what `answer` threw; if the asking task is cancelled, what it throws then.
    func callAsFunction(_ key: Key) async throws -> Value {
        while true {
            switch entries[key] {
            case .answered(let result):
                return try result.get()
            case .underWay:
                await wait(for: key)
                // A cancelled task does not wait: it asks on its own account, and is told what such a task is told.
                if Task.isCancelled { return try await answer(key) }
            case nil:
                entries[key] = .underWay
                do {
                    let value = try await answer(key)
                    finish(key, .answered(.success(value)))
                    return value
                } catch {
                    // What a cancelled task got says nothing about the question: somebody else asks again.
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
