import GRDB
import Synchronization

/// One call that waits for the connection. It is answered exactly once: by the connection, or by the cancellation of its task.
final class SQLiteJob: Sendable {
    /// Gives an answer to who waits for it.
    typealias Answer = @Sendable () -> Void

    /// Who waits for it.
    enum Caller: Sendable {
        /// A read: is executed by being called with the database, inside a transaction, and returns what gives the answer.
        case read(@Sendable (Result<Database, StoreError>) -> Answer)
        /// A change: gets its outcome once the transaction has ended.
        case write(CheckedContinuation<WriteOutcome, Never>)

        func fail(_ error: StoreError) {
            switch self {
            case .read(let execute): execute(.failure(error))()
            case .write(let continuation): continuation.resume(returning: .failed(error))
            }
        }
    }

    private enum State {
        case new
        case waiting(Caller)
        case cancelled
        case taken
    }

    let operation: String
    let object: ObjectID?
    /// What to change; nil for a read.
    let change: WriteOperation?
    let submitted = ContinuousClock.now
    private let state = Mutex(State.new)

    init(_ operation: String, object: ObjectID?, change: WriteOperation? = nil) {
        self.operation = operation
        self.object = object
        self.change = change
    }

    /// True until somebody has taken it.
    var isWaiting: Bool {
        state.withLock { if case .waiting = $0 { true } else { false } }
    }

    /// Says who waits. False if the task was cancelled before that; the caller is answered then.
    func wait(_ caller: Caller) -> Bool {
        let waits = state.withLock { state in
            if case .cancelled = state { return false }
            state = .waiting(caller)
            return true
        }
        if !waits { caller.fail(cancellation) }
        return waits
    }

    /// Takes the duty to answer; nil if somebody else has it.
    func take() -> Caller? {
        state.withLock { state in
            guard case .waiting(let caller) = state else { return nil }
            state = .taken
            return caller
        }
    }

    /// Answers as cancelled, unless it is being executed: then it ends by itself, and soon.
    func cancel() {
        let caller: Caller? = state.withLock { state in
            switch state {
            case .new:
                state = .cancelled
                return nil
            case .waiting(let caller):
                state = .taken
                return caller
            case .cancelled, .taken:
                return nil
            }
        }
        caller?.fail(cancellation)
    }

    private var cancellation: StoreError {
        StoreError(.cancelled, operation: operation, object: object, reason: "it was cancelled")
    }
}
