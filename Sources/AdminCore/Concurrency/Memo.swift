/// Answers each question once: whoever asks the same again, also meanwhile, gets the same answer.
///
/// For one pass over a store in which many repositories share blobs. An error is remembered like an answer; make a new memo
/// for a new pass. Cancelling one asker does not cancel the answer the others wait for.
actor Memo<Key: Hashable & Sendable, Value: Sendable> {
    private var answers: [Key: Task<Value, any Error>] = [:]
    private let answer: @Sendable (Key) async throws -> Value

    /// A memo whose questions are answered by `answer`.
    init(_ answer: @escaping @Sendable (Key) async throws -> Value) {
        self.answer = answer
    }

    deinit {
        for task in answers.values { task.cancel() }
    }

    /// The answer for `key`.
    func callAsFunction(_ key: Key) async throws -> Value {
        if let task = answers[key] { return try await task.value }
        let task = Task { [answer] in try await answer(key) }
        answers[key] = task
        return try await task.value
    }
}
