#if RADOS
import DequeModule
import Glibc
import Synchronization

/// Threads for what librados offers in a blocking form only: connecting, listing, monitor commands, shutting down.
///
/// Not the cooperative pool, which is only as wide as the machine has cores, and not dispatch queues, because these
/// threads block every signal: librados' own threads are born here, inherit that, and so never take a SIGINT or SIGWINCH
/// away from the program.
///
/// A call that hangs (a few do while the monitors are dead, whatever the timeouts) can be abandoned: its thread stays
/// where it is, its caller goes on.
final class BlockingThreads: Sendable {
    private struct State {
        var running = 0
        var jobs = Deque<@Sendable () -> Void>()
    }

    private let limit: Int
    private let state = Mutex(State())

    /// At most `limit` threads at once; further jobs wait their turn.
    init(limit: Int) {
        self.limit = limit
    }

    /// Runs `body` on a thread and waits for it, for at most `timeout` (nil: for ever); throws `late` then, and
    /// `.cancelled` as soon as the task is cancelled. `abandoned` gets what `body` returned although nobody waits any more.
    func run<Value: Sendable>(
        timeout: Duration?, late: StoreError, abandoned: (@Sendable (Value) -> Void)? = nil,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let shot = OneShot<Value, any Error>()
        let cancelled = StoreError.cancelled(late.operation, late.object)
        return try await shot.value(timeout: timeout, late: late, cancelled: cancelled) {
            start {
                guard !shot.isClaimed else { return }
                let result = Result { try body() }
                if !shot.end(result), case .success(let value) = result { abandoned?(value) }
            }
        }
    }

    /// Runs `job` on a thread, soon.
    func start(_ job: @escaping @Sendable () -> Void) {
        let mayStart = state.withLock { state in
            guard state.running < limit else {
                state.jobs.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if mayStart { Self.spawn { self.work(first: job) } }
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

    /// A detached thread that blocks every signal from its first instruction on (the mask is inherited) and runs `body`.
    static func spawn(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // A fault of the thread's own must still end the program where it happens.
        for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP] { sigdelset(&all, signal) }
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        let box = Unmanaged.passRetained(Box(body))
        var thread: pthread_t = 0
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        precondition(code == 0, "the system gives no more threads (errno \(code))")
        pthread_detach(thread)
    }
}
#endif
