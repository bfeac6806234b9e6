import DequeModule
import Dispatch
import Glibc
import Synchronization

/// Runs the tasks of pipelines (`concurrentWork`) on a few threads of its own.
///
/// A pipeline waits for thousands of short answers. On the cooperative pool each answer wakes a
/// thread, which costs more than the work that follows. Here one thread runs the continuations one
/// after another and sleeps only if there are none. Further threads help while it is busy with
/// something long, such as hashing, or while many continuations wait.
@usableFromInline
package final class PipelineExecutor: TaskExecutor {
    private struct State {
        var jobs = Deque<UnownedJob>()
        /// The numbers of the sleeping threads.
        var asleep: [Int] = []
        /// The time at which a thread last took a job, in nanoseconds.
        var lastTaken: UInt64 = 0
    }

    /// The executor of all pipelines.
    @usableFromInline package static let shared = PipelineExecutor(
        threads: min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 2), 8))

    /// Another thread wakes if the last job was taken so long ago, in nanoseconds…
    private static let patience: UInt64 = 50_000
    /// … or if so many jobs wait.
    private static let backlog = 32

    private let state: Mutex<State>
    /// Each thread sleeps at its own.
    private let alarms: [DispatchSemaphore]

    private init(threads: Int) {
        state = Mutex(State())
        alarms = (0..<threads).map { _ in DispatchSemaphore(value: 0) }
        for number in 0..<threads { BackgroundThread.spawn { self.work(number) } }
    }

    /// See `TaskExecutor`.
    @usableFromInline package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let now = Self.now()
        let woken = state.withLock { state -> Int? in
            state.jobs.append(job)
            guard !state.asleep.isEmpty else { return nil }
            let allSleep = state.asleep.count == alarms.count
            guard allSleep || state.jobs.count >= Self.backlog || now > state.lastTaken + Self.patience else {
                return nil
            }
            return state.asleep.removeLast()
        }
        if let woken { alarms[woken].signal() }
    }

    private func work(_ number: Int) {
        while true {
            let now = Self.now()
            let job = state.withLock { state in
                let job = state.jobs.popFirst()
                if job == nil { state.asleep.append(number) } else { state.lastTaken = now }
                return job
            }
            if let job {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else {
                alarms[number].wait()
            }
        }
    }

    /// The monotonic time, in nanoseconds.
    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
