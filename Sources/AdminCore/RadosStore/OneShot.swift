#if RADOS
import Synchronization

/// A value that comes once, from any thread, and one task that waits for it: until it comes, the time is over or the task
/// is cancelled, whichever is first.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(UnsafeContinuation<Value, any Error>)
        case early(Result<Value, any Error>)
        case over
    }

    private let state = Mutex<State>(.empty)

    /// True once nobody waits for the value any more.
    var isOver: Bool {
        state.withLock { state in
            switch state {
            case .empty, .waiting: false
            case .early, .over: true
            }
        }
    }

    /// Hands the value over. False if another one, the timeout or a cancellation came first: nobody takes this one.
    @discardableResult
    func end(_ result: Result<Value, any Error>) -> Bool {
        let (first, continuation) = state.withLock { state -> (Bool, UnsafeContinuation<Value, any Error>?) in
            switch state {
            case .empty:
                state = .early(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .over
                return (true, continuation)
            case .early, .over:
                return (false, nil)
            }
        }
        continuation?.resume(with: result)
        return first
    }

    /// Calls `start`, then waits. To be called once. Throws `late` after `timeout` (nil: never), `cancelled` when the task
    /// is cancelled.
    func value(
        timeout: Duration?, late: StoreError, cancelled: StoreError, start: () -> Void
    ) async throws -> Value {
        let alarm = timeout.map { timeout in
            Task {
                try await Task.sleep(for: timeout)
                self.end(.failure(late))
            }
        }
        defer { alarm?.cancel() }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                wait(continuation)
                start()
            }
        } onCancel: {
            self.end(.failure(cancelled))
        }
    }

    private func wait(_ continuation: UnsafeContinuation<Value, any Error>) {
        let early = state.withLock { state -> Result<Value, any Error>? in
            guard case .early(let result) = state else {
                state = .waiting(continuation)
                return nil
            }
            state = .over
            return result
        }
        if let early { continuation.resume(with: early) }
    }
}
#endif
