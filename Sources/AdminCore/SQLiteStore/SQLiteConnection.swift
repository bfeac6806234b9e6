import ObjectStore
import DequeModule
import Foundation
import GRDB
import Synchronization

/// The connection of a store, and the calls that wait for it.
///
/// Calls are executed in batches on GRDB's dispatch queue, never on the cooperative pool: first the
/// reads of a batch in one transaction, then its changes in an IMMEDIATE one. So no other process
/// can change anything between guards and mutations, and one flush to the disk serves many changes.
/// The callers are resumed after the transaction.
final class SQLiteConnection: Sendable {
    private struct State {
        var waiting: Deque<SQLiteJob> = []
        var running: [SQLiteJob] = []
        var isScheduled = false
        var isClosed = false
        var latency: Double?
    }

    /// The most calls in a transaction.
    static let batch = 64

    let path: String
    private let queue: DatabaseQueue
    /// The clock for the dates of changes that have none.
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

    /// Executes the guards and the mutations of an operation in one transaction.
    func write(_ change: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        let shot = OneShot<WriteOutcome, Never>()
        return await shot.value {
            shot.end(.success(.failed(.cancelled("write", object))))
        } start: {
            let write = SQLiteJob.Write(change: change, object: object, shot: shot)
            submit(SQLiteJob(operation: "write", object: object, claim: shot, work: .write(write)))
        }
    }

    /// Closes the connection after the earlier calls; later ones fail as `.blocklisted`.
    func close() async {
        state.withLock { $0.isClosed = true }
        // An error means that a statement is still in use; no job leaves one. SQLite closes
        // nevertheless.
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
            // The jobs leave `running` before their callers are resumed.
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

/// A call that waits for the connection. It is answered once: by the connection or by the
/// cancellation of its task, whichever claims it first.
struct SQLiteJob: Sendable {
    /// Resumes the caller.
    typealias Answer = @Sendable () -> Void
    /// Executes a read inside a transaction.
    typealias Read = @Sendable (Result<Database, StoreError>) -> Answer

    /// A change, and the task that waits for its outcome.
    struct Write: Sendable {
        let change: WriteOperation
        let object: ObjectID
        let shot: OneShot<WriteOutcome, Never>

        func answer(_ outcome: WriteOutcome) -> Answer {
            { shot.deliver(.success(outcome)) }
        }
    }

    enum Work: Sendable {
        case read(Read)
        case write(Write)
    }

    let operation: String
    let object: ObjectID?
    let claim: any Claimable
    let work: Work
    let submitted = ContinuousClock.now

    var isRead: Bool {
        if case .read = work { true } else { false }
    }

    /// Answers with an error, unless the call was answered before.
    func fail(_ error: StoreError) {
        guard claim.claim() else { return }
        switch work {
        case .read(let execute): execute(.failure(error))()
        case .write(let write): write.answer(.failed(error))()
        }
    }
}

/// Executes calls in one transaction, and returns their answers after its end.
enum SQLiteBatch {
    /// Executes reads in one transaction, so that each sees one version of its object.
    static func execute(_ reads: [SQLiteJob.Read], in db: Database) -> [SQLiteJob.Answer] {
        guard !reads.isEmpty else { return [] }
        do {
            try db.cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
        } catch {
            return reads.map { $0(.failure(StoreError(error, operation: "read"))) }
        }
        // Nothing was changed, so a rollback has the same effect as a commit.
        defer { try? db.rollback() }
        return reads.map { $0(.success(db)) }
    }

    /// Executes changes in one transaction, dated `moment` unless they have a date. If SQLite fails
    /// within one of them, each gets a transaction of its own, so that only this one fails.
    static func execute(_ writes: [SQLiteJob.Write], at moment: Date, in db: Database) -> [SQLiteJob.Answer] {
        guard !writes.isEmpty else { return [] }
        let outcomes: [WriteOutcome]
        do {
            try db.cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
            outcomes = try changes(writes, at: moment, in: db)
        } catch {
            let hadBegun = db.isInsideTransaction
            try? db.rollback()
            if hadBegun && writes.count > 1 {
                return writes.flatMap { execute([$0], at: moment, in: db) }
            }
            return writes.map { $0.answer(.failed(StoreError(error, operation: "write", object: $0.object))) }
        }
        do {
            try db.cachedStatement(sql: "COMMIT TRANSACTION").execute()
        } catch {
            try? db.rollback()
            return writes.map { write in
                let failure = StoreError(error, operation: "write", object: write.object)
                // An input or output error may come before or after the actual commit.
                return write.answer(failure.kind == .inputOutput ? .unknown(failure) : .failed(failure))
            }
        }
        return zip(writes, outcomes).map { $0.answer($1) }
    }

    private static func changes(_ writes: [SQLiteJob.Write], at moment: Date, in db: Database) throws -> [WriteOutcome]
    {
        let before = try Int64.fetchOne(db.cachedStatement(sql: "SELECT version FROM clock")) ?? 0
        var clock = before
        let outcomes = try writes.map {
            try SQLiteChange.apply($0.change, to: $0.object, at: moment, in: db, clock: &clock)
        }
        if clock != before {
            try db.cachedStatement(sql: "UPDATE clock SET version = ?").execute(arguments: [clock])
        }
        return outcomes
    }
}
