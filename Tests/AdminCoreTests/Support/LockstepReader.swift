@testable import ObjectStore
import Dispatch
import Synchronization

/// Counts dependent rounds: holds every operation until no task can continue without an answer,
/// then answers all held operations at once. That is one round. No clock is involved: everything
/// runs on `executor`, which knows when it has no job left.
final class LockstepReader: ObjectReader {
    let executor = LockstepExecutor()
    private let base: any ObjectReader
    private let state = Mutex(State())

    private struct State {
        var held: [CheckedContinuation<Void, Never>] = []
        var rounds: [Int] = []
        var counts: [ObjectID: Int] = [:]
    }

    init(_ base: any ObjectReader) {
        self.base = base
        executor.whenDry { [weak self] in self?.release() }
    }

    /// The number of operations in each round.
    var rounds: [Int] { state.withLock { $0.rounds } }

    /// The number of reads of an object.
    func count(of object: ObjectID) -> Int { state.withLock { $0.counts[object] ?? 0 } }

    private func release() {
        let held = state.withLock { state in
            let held = state.held
            state.held = []
            if !held.isEmpty { state.rounds.append(held.count) }
            return held
        }
        for continuation in held { continuation.resume() }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.held.append(continuation) }
        }
    }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        state.withLock { $0.counts[object, default: 0] += 1 }
        await wait()
        return try await base.read(operation, of: object)
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        await wait()
        return try await base.enumerate(scope, slices: slices)
    }

    func placement(of object: ObjectID) async throws -> Placement? {
        await wait()
        return try await base.placement(of: object)
    }

    func status() async throws -> StoreStatus {
        await wait()
        return try await base.status()
    }

    var load: StoreLoad { base.load }
}

/// Runs tasks one job at a time, and reports when no job is left. That moment means "all tasks wait
/// for the store" only if all tasks stay on this executor (no unstructured tasks, no other queues).
final class LockstepExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "lockstep")
    private let state = Mutex(State())

    private struct State {
        var jobs = 0
        var dry: @Sendable () -> Void = {}
    }

    /// Sets the handler that runs on the executor's queue whenever the last job has ended.
    func whenDry(_ handler: @escaping @Sendable () -> Void) {
        state.withLock { $0.dry = handler }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(self) { try await body() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs += 1 }
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            let dry = self.state.withLock { state in
                state.jobs -= 1
                return state.jobs == 0 ? state.dry : nil
            }
            dry?()
        }
    }
}
