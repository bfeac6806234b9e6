import ObjectStore
import Synchronization

/// The result of reading some keys of a directory in one operation.
struct KeyReading: Sendable {
    /// The version of the directory's object; nil if there is none.
    let version: UInt64?
    /// The values of the keys that are there.
    let values: [ByteString: [UInt8]]

    init(_ state: ObjectState?) {
        version = state?.version
        values = Dictionary((state?.omap ?? []).map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// The guard of an operation that is refused if the directory was changed since.
    var unchanged: WriteOperation.Guard { version.map { .version($0) } ?? .doesNotExist }
}

/// Reads keys of directories for many tasks at once. Files that are written side by side lie below
/// the same few directories; so while a read of a directory is under way, further questions about
/// it wait, and one operation answers all of them.
///
/// Nothing is remembered: an answer always comes from an operation that begins after the question.
///
/// Concurrency: every method may be called from any task. A cancelled task stops waiting at once.
final class KeyReader: Sendable {
    private typealias Answer = OneShot<KeyReading, any Error>

    private struct Question: Sendable {
        let keys: [ByteString]
        let answer: Answer
    }

    private let objects: any ObjectReader
    /// The questions that wait until the read of a directory ends. A directory is a key as long as
    /// a read of it is under way.
    private let waiting = Mutex<[ObjectID: [Question]]>([:])

    init(_ objects: any ObjectReader) {
        self.objects = objects
    }

    /// Reads keys of the object of a directory. Throws `StoreError`.
    func read(_ keys: [ByteString], of object: ObjectID) async throws -> KeyReading {
        let answer = waiting.withLock { waiting -> Answer? in
            guard waiting[object] != nil else {
                waiting[object] = []
                return nil
            }
            let answer = Answer()
            waiting[object]?.append(Question(keys: keys, answer: answer))
            return answer
        }
        guard let answer else {
            let result = await perform(keys, of: object)
            goOn(with: object, after: result)
            return try result.get()
        }
        return try await answer.value {
            answer.end(.failure(StoreError.cancelled("read", object)))
        } start: {
        }
    }

    private func perform(_ keys: [ByteString], of object: ObjectID) async -> Result<KeyReading, any Error> {
        do {
            return .success(KeyReading(try await objects.read(ReadOperation(omap: .keys(keys)), of: object)))
        } catch {
            return .failure(error)
        }
    }

    /// Answers the questions that came meanwhile, in a task of their own, since the task that asked
    /// first has its answer. If there was no answer in time, these questions have none either: no
    /// question waits for two timeouts.
    private func goOn(with object: ObjectID, after result: Result<KeyReading, any Error>) {
        var isLate = false
        if case .failure(let error as StoreError) = result { isLate = error.kind == .timedOut }
        let questions = waiting.withLock { waiting -> [Question] in
            let questions = waiting[object] ?? []
            waiting[object] = questions.isEmpty || isLate ? nil : []
            return questions
        }
        if questions.isEmpty { return }
        if isLate {
            for question in questions { question.answer.end(result) }
            return
        }
        Task {
            let keys = Set(questions.flatMap(\.keys)).sorted()
            let result = await perform(keys, of: object)
            for question in questions { question.answer.end(result) }
            goOn(with: object, after: result)
        }
    }
}
