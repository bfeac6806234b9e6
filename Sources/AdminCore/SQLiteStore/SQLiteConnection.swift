import DequeModule
import Dispatch
import GRDB
import Synchronization

/// The one connection of a store, and the calls that wait for it.
///
/// Calls are executed in batches on GRDB's own dispatch queue, never on the cooperative pool: first the reads of a batch, in one
/// transaction, then its changes, in one that is IMMEDIATE from its start. So guards are evaluated where no other process can
/// change anything, and one flush to the disk serves many changes. An answer is given when the transaction has ended.
final class SQLiteConnection: Sendable {
    private struct State {
        var waiting: Deque<SQLiteJob> = []
        var running: [SQLiteJob] = []
        var isScheduled = false
        var isClosed = false
        var latency: Double?
    }

    /// The most calls that share a transaction.
    static let batch = 64

    let path: String
    private let queue: DatabaseQueue
    /// Dates the changes that bring no date of their own.
    private let clock: WallClock
    private let state = Mutex(State())

    init(_ queue: DatabaseQueue, path: String, clock: WallClock) {
        self.queue = queue
        self.clock = clock
        self.path = path
    }

    /// Executes `body` in a transaction. Throws `StoreError` only.
    func read<Value: Sendable>(
        _ operation: String, of object: ObjectID? = nil, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let job = SQLiteJob(operation, object: object)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                submit(
                    job,
                    .read { database in
                        let result = Result {
                            do {
                                return try body(database.get())
                            } catch {
                                throw StoreError(error, operation: operation, object: object)
                            }
                        }
                        return { continuation.resume(with: result) }
                    })
            }
        } onCancel: {
            job.cancel()
        }
    }

    /// Executes one operation. Its guards and its mutations belong to one transaction.
    func write(_ change: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        let job = SQLiteJob("write", object: object, change: change)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { submit(job, .write($0)) }
        } onCancel: {
            job.cancel()
        }
    }

    /// Ends the connection after the calls that were already made; later ones fail as `.blocklisted`.
    func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            SQLiteFile.background.async { [queue] in
                // An error here means that a statement is still in use, which no job leaves behind; SQLite frees all the same.
                try? queue.close()
                continuation.resume()
            }
        }
    }

    var load: StoreLoad {
        state.withLock { state in
            var load = StoreLoad(inFlight: state.running.count, limit: Self.batch, latency: state.latency)
            if let job = state.running.first ?? state.waiting.first(where: \.isWaiting) {
                let age = job.submitted.duration(to: ContinuousClock.now) / .seconds(1)
                if age >= 1 {
                    load.stalled = StalledOperation(operation: job.operation, object: job.object, seconds: age)
                }
            }
            return load
        }
    }

    private func submit(_ job: SQLiteJob, _ caller: SQLiteJob.Caller) {
        guard job.wait(caller) else { return }
        let (isClosed, mustSchedule) = state.withLock { state in
            if state.isClosed { return (true, false) }
            state.waiting.append(job)
            defer { state.isScheduled = true }
            return (false, !state.isScheduled)
        }
        if isClosed {
            job.take()?.fail(
                StoreError(.blocklisted, operation: job.operation, object: job.object, reason: "the store was closed"))
        } else if mustSchedule {
            queue.asyncWriteWithoutTransaction { self.run($0) }
        }
    }

    private func run(_ db: Database) {
        while let batch = nextBatch() {
            var writes: [SQLiteBatch.Write] = []
            var reads: [SQLiteBatch.Read] = []
            for job in batch {
                switch job.take() {
                case .read(let execute):
                    reads.append(execute)
                case .write(let continuation):
                    guard let change = job.change, let object = job.object else { continue }
                    writes.append(.init(change: change, object: object, continuation: continuation))
                case nil:
                    continue
                }
            }
            // Whoever has an answer no longer counts as waiting for one.
            let found = SQLiteBatch.execute(reads, in: db)
            settle { $0.change == nil }
            found.forEach { $0() }
            let done = SQLiteBatch.execute(writes, at: clock.now, in: db)
            settle { _ in true }
            done.forEach { $0() }
        }
    }

    private func nextBatch() -> [SQLiteJob]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isScheduled = false
                return nil
            }
            state.running = Array(state.waiting.prefix(Self.batch))
            state.waiting.removeFirst(state.running.count)
            return state.running
        }
    }

    private func settle(_ isSettled: (SQLiteJob) -> Bool) {
        let now = ContinuousClock.now
        state.withLock { state in
            for job in state.running where isSettled(job) {
                let seconds = job.submitted.duration(to: now) / .seconds(1)
                state.latency = state.latency.map { $0 * 0.9 + seconds * 0.1 } ?? seconds
            }
            state.running.removeAll(where: isSettled)
        }
    }
}
