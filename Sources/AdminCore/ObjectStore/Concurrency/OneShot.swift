public import Dispatch
import Synchronization

/// A result that comes once, from any thread, and the one task that waits for it.
///
/// An answer, a timeout and a cancellation may compete to end the wait: the first one wins.
public final class OneShot<Value: Sendable, Failure: Error>: Sendable {
    private struct State {
        var isClaimed = false
        var continuation: UnsafeContinuation<Result<Value, Failure>, Never>?
        var early: Result<Value, Failure>?
    }

    private let state = Mutex(State())

    /// Creates a result that has not come yet.
    public init() {}

    /// True after the right to deliver the result was claimed.
    public var isClaimed: Bool { state.withLock(\.isClaimed) }

    /// Claims the right to deliver the result; false if another thread has it.
    public func claim() -> Bool {
        state.withLock { state in
            defer { state.isClaimed = true }
            return !state.isClaimed
        }
    }

    /// Resumes the waiting task. To be called once, after `claim()` has returned true.
    public func deliver(_ result: Result<Value, Failure>) {
        let continuation = state.withLock { state in
            if state.continuation == nil { state.early = result }
            return state.continuation.take()
        }
        continuation?.resume(returning: result)
    }

    /// Claims and delivers; false if another thread has claimed before: the result is dropped then.
    @discardableResult
    public func end(_ result: Result<Value, Failure>) -> Bool {
        guard claim() else { return false }
        deliver(result)
        return true
    }

    /// Calls `start`, then waits for the result. To be called once.
    ///
    /// - Parameters:
    ///   - onCancel: Called when the task is cancelled. It may end the wait, or leave that to the
    ///     answer.
    ///   - start: Starts the work that delivers the result.
    public func value(onCancel: @Sendable () -> Void, start: () -> Void) async throws(Failure) -> Value {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                wait(continuation)
                start()
            }
        } onCancel: {
            onCancel()
        }
        return try result.get()
    }

    /// Calls `start`, then waits for the result. To be called once.
    ///
    /// - Parameters:
    ///   - timeout: The longest wait; nil to wait for ever.
    ///   - late: The error to throw after `timeout`.
    ///   - cancelled: The error to throw as soon as the task is cancelled.
    ///   - start: Starts the work that delivers the result.
    public func value(
        timeout: Duration? = nil, late: Failure? = nil, cancelled: Failure, start: () -> Void
    ) async throws(Failure) -> Value {
        let alarm = timeout.map { timeout in
            Task {
                try await Task.sleep(for: timeout)
                end(.failure(late ?? cancelled))
            }
        }
        defer { alarm?.cancel() }
        return try await value(onCancel: { end(.failure(cancelled)) }, start: start)
    }

    private func wait(_ continuation: UnsafeContinuation<Result<Value, Failure>, Never>) {
        let early = state.withLock { state in
            if state.early == nil { state.continuation = continuation }
            return state.early.take()
        }
        if let early { continuation.resume(returning: early) }
    }
}

/// The right to deliver a result of any type.
package protocol Claimable: Sendable {
    var isClaimed: Bool { get }
    func claim() -> Bool
}

extension OneShot: Claimable {}

/// Runs calls that block away from the cooperative pool.
public enum BlockingCall {
    /// Runs `body` on a queue.
    ///
    /// - Parameters:
    ///   - queue: The queue on which the call may block.
    ///   - cancelled: The error to throw as soon as the task is cancelled, while the call goes on
    ///     by itself and its result is dropped; nil to wait for the call even then.
    ///   - body: The call.
    public static func run<Value: Sendable>(
        on queue: DispatchQueue = .global(), cancelled: (any Error)? = CancellationError(),
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let shot = OneShot<Value, any Error>()
        return try await shot.value {
            if let cancelled { shot.end(.failure(cancelled)) }
        } start: {
            queue.async {
                guard !shot.isClaimed else { return }
                shot.end(Result { try body() })
            }
        }
    }
}
