import Dispatch
import Synchronization

/// Calls that cannot be cancelled, so that a cancelled command need not wait for them.
nonisolated enum BlockingCall {
    /// Runs `body` on a queue and gives what it gives. If the task is cancelled first, throws `CancellationError` at once; the call
    /// then goes on by itself, and what it gives is dropped.
    static func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let waiter = Waiter<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiter.wait(continuation) else { return }
                queue.async { waiter.end(Result { try body() }) }
            }
        } onCancel: {
            waiter.end(.failure(CancellationError()))
        }
    }

    /// The same for something asynchronous that takes no notice of being cancelled, such as a read from a pipe into which nobody writes.
    static func abandonable<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let waiter = Waiter<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiter.wait(continuation) else { return }
                Task {
                    do {
                        waiter.end(.success(try await body()))
                    } catch {
                        waiter.end(.failure(error))
                    }
                }
            }
        } onCancel: {
            waiter.end(.failure(CancellationError()))
        }
    }

    /// Resumes once, with whatever comes first.
    private final class Waiter<Value: Sendable>: Sendable {
        private enum State {
            case idle
            case waiting(CheckedContinuation<Value, any Error>)
            case over
        }

        private let state = Mutex(State.idle)

        /// False if it was cancelled before it began.
        func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
            let begins = state.withLock { state in
                guard case .idle = state else { return false }
                state = .waiting(continuation)
                return true
            }
            if !begins { continuation.resume(throwing: CancellationError()) }
            return begins
        }

        func end(_ result: Result<Value, any Error>) {
            let continuation: CheckedContinuation<Value, any Error>? = state.withLock { state in
                defer { state = .over }
                guard case .waiting(let continuation) = state else { return nil }
                return continuation
            }
            continuation?.resume(with: result)
        }
    }
}
