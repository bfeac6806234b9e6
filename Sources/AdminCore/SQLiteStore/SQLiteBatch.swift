import Foundation
import GRDB

/// Executes calls that share a transaction, and returns their answers when it has ended.
enum SQLiteBatch {
    /// Executes reads in one transaction: each sees one version of its object.
    static func execute(_ reads: [SQLiteJob.Read], in db: Database) -> [SQLiteJob.Answer] {
        guard !reads.isEmpty else { return [] }
        do {
            try db.cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
        } catch {
            return reads.map { $0(.failure(StoreError(error, operation: "read"))) }
        }
        // Nothing is changed, so whichever way the transaction ends is the same.
        defer { try? db.rollback() }
        return reads.map { $0(.success(db)) }
    }

    /// Executes changes in one transaction. If SQLite fails within one of them, each is tried in a transaction of its own, so
    /// that it fails alone. `moment` dates those that bring no date of their own.
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
                // An input or output error while the journal is being put away leaves open which side of the commit it was.
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
