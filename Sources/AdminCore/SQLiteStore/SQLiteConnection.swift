import DequeModule
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
        let shot = OneShot<Value, StoreError>()
        return try await shot.value(cancelled: .cancelled(operation, object)) {
            submit(
                SQLiteJob(
                    operation: operation, object: object, claim: shot,
                    work: .read { database in
                        let result = Result { try body(database.get()) }
                            .mapError { StoreError($0, operation: operation, object: object) }
                        return { shot.deliver(result) }
                    }))
        }
    }

    /// Executes one operation. Its guards and its mutations belong to one transaction.
    func write(_ change: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        let shot = OneShot<WriteOutcome, Never>()
        return await shot.value {
            shot.end(.success(.failed(.cancelled("write", object))))
        } start: {
            let write = SQLiteJob.Write(change: change, object: object, shot: shot)
            submit(SQLiteJob(operation: "write", object: object, claim: shot, work: .write(write)))
        }
    }

    /// Ends the connection after the calls that were already made; later ones fail as `.blocklisted`.
    func close() async {
        state.withLock { $0.isClosed = true }
        // An error here means that a statement is still in use, which no job leaves behind; SQLite frees all the same.
        try? await BlockingCall.run(cancelled: nil) { [queue] in try queue.close() }
    }

    var load: StoreLoad {
        state.withLock { state in
            var load = StoreLoad(inFlight: state.running.count, limit: Self.batch, latency: state.latency)
            if let job = state.running.first ?? state.waiting.first(where: { !$0.claim.isClaimed }) {
                let age = job.submitted.duration(to: ContinuousClock.now) / .seconds(1)
                if age >= 1 {
                    load.stalled = StalledOperation(operation: job.operation, object: job.object, seconds: age)
                }
            }
            return load
        }
    }

    private func submit(_ job: SQLiteJob) {
        guard !job.claim.isClaimed else { return }
        let (isClosed, mustSchedule) = state.withLock { state in
            if state.isClosed { return (true, false) }
            state.waiting.append(job)
            defer { state.isScheduled = true }
            return (false, !state.isScheduled)
        }
        if isClosed {
            job.fail(.closed(job.operation, job.object))
        } else if mustSchedule {
            queue.asyncWriteWithoutTransaction { self.run($0) }
        }
    }

    private func run(_ db: Database) {
        while let batch = nextBatch() {
            var reads: [SQLiteJob.Read] = []
            var writes: [SQLiteJob.Write] = []
            for job in batch where job.claim.claim() {
                switch job.work {
                case .read(let read): reads.append(read)
                case .write(let write): writes.append(write)
                }
            }
            // Whoever has an answer no longer counts as waiting for one.
            let found = SQLiteBatch.execute(reads, in: db)
            settle(\.isRead)
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
