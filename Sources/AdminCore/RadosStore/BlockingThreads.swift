#if RADOS
import ObjectStore
import DequeModule
import Synchronization

/// Threads for the calls that librados has in a blocking form only: connecting, listing, monitor
/// commands, shutting down.
///
/// Not the cooperative pool, which has only as many threads as the machine has cores, and not
/// dispatch queues, since these threads block every signal. librados' own threads start here and
/// inherit that, so they never receive a SIGINT or a SIGWINCH of the program.
///
/// A call that hangs (some do while the monitors are dead, whatever the timeouts) can be abandoned:
/// its caller continues, its thread stays.
final class BlockingThreads: Sendable {
    private struct State {
        var running = 0
        var jobs = Deque<@Sendable () -> Void>()
    }

    private let limit: Int
    private let state = Mutex(State())

    /// At most `limit` threads; further jobs wait.
    init(limit: Int) {
        self.limit = limit
    }

    /// Runs `body` on a thread and waits for it.
    ///
    /// - Parameters:
    ///   - timeout: The longest wait; nil to wait for ever.
    ///   - late: The error after `timeout`.
    ///   - body: The call.
    /// - Throws: An error of `body`; `late`; `.cancelled` as soon as the task is cancelled. The
    ///   call goes on by itself after the last two, and its result is dropped.
    func run<Value: Sendable>(
        timeout: Duration?, late: StoreError, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let shot = OneShot<Value, any Error>()
        let cancelled = StoreError.cancelled(late.operation, late.object)
        return try await shot.value(timeout: timeout, late: late, cancelled: cancelled) {
            start {
                guard !shot.isClaimed else { return }
                shot.end(Result { try body() })
            }
        }
    }

    /// Runs `job` on a thread as soon as one is free.
    func start(_ job: @escaping @Sendable () -> Void) {
        let mayStart = state.withLock { state in
            guard state.running < limit else {
                state.jobs.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if mayStart { BackgroundThread.spawn { self.work(first: job) } }
    }

    private func work(first: @escaping @Sendable () -> Void) {
        first()
        while let job = next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            let job = state.jobs.popFirst()
            if job == nil { state.running -= 1 }
            return job
        }
    }
}
#endif
