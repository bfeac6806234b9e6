/// Answers each question once, and remembers the answer: for one pass over a store in which many
/// repositories share blobs.
///
/// With a limit, a memo may ask again: when it is full, it drops the half of the answers that
/// nobody has asked for lately.
///
/// An error is remembered like an answer. The first task that asks finds the answer, and the others
/// wait for it; if the first one is cancelled meanwhile, the next one takes over.
package actor Memo<Key: Hashable & Sendable, Value: Sendable> {
    private typealias Answer = Result<Value, any Error>

    /// The answers, the newer ones and those before them.
    private var answers: [Key: Answer] = [:]
    private var older: [Key: Answer] = [:]
    /// The largest number of newer answers.
    private let newest: Int
    /// The questions whose answers a task is finding.
    private var underWay: Set<Key> = []
    /// The tasks that wait for an answer, by ticket.
    private var waiting: [Key: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var tickets = 0
    private let answer: @Sendable (Key) async throws -> Value

    /// A memo that asks `answer`.
    ///
    /// - Parameter limit: The number of answers to remember, at least 2.
    package init(limit: Int = .max, _ answer: @escaping @Sendable (Key) async throws -> Value) {
        newest = max(1, limit / 2)
        self.answer = answer
    }

    /// Returns the answer for `key`, or throws the error of `answer`.
    package func callAsFunction(_ key: Key) async throws -> Value {
        while true {
            if let known = known(key) { return try known.get() }
            if underWay.contains(key) {
                await wait(for: key)
                // A cancelled task does not wait: `answer` throws the error of a cancelled task.
                if Task.isCancelled { return try await answer(key) }
                continue
            }
            underWay.insert(key)
            do {
                let value = try await answer(key)
                finish(key, .success(value))
                return value
            } catch {
                // The error of a cancelled task is no answer: the next task asks again.
                finish(key, Task.isCancelled ? nil : .failure(error))
                throw error
            }
        }
    }

    private func known(_ key: Key) -> Answer? {
        if let known = answers[key] { return known }
        guard let known = older.removeValue(forKey: key) else { return nil }
        remember(key, known)
        return known
    }

    private func remember(_ key: Key, _ answer: Answer) {
        if answers.count >= newest { (older, answers) = (answers, [:]) }
        answers[key] = answer
    }

    private func finish(_ key: Key, _ answer: Answer?) {
        underWay.remove(key)
        if let answer { remember(key, answer) }
        for continuation in (waiting.removeValue(forKey: key) ?? [:]).values { continuation.resume() }
    }

    /// Returns when the question is no longer under way, or when the task is cancelled.
    private func wait(for key: Key) async {
        tickets += 1
        let ticket = tickets
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled, underWay.contains(key) else { return continuation.resume() }
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
