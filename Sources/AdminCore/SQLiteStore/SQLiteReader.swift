import Foundation
import GRDB
import Synchronization

/// Reads a store in an SQLite file or in memory. Not an `ObjectWriter`, and not to be turned into one.
///
/// Everything runs on one connection, in batches (`load.limit` calls at most share a transaction), on a thread of GRDB's.
public final class SQLiteReader: ObjectReader {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// Opens a file for reading only: SQLite itself refuses to write through this, and nothing is created beside the file.
    /// (One exception: where a process was killed within a commit and left its rollback journal, that is rolled back first.)
    ///
    /// Throws `StoreError`: `.notConfigured` if there is no such file, `.permissionDenied`, `.invalid` if it is not a store.
    public static func open(path: String) async throws -> SQLiteReader {
        SQLiteReader(try await SQLiteFile.open(path, mode: .read, clock: .system))
    }

    /// Closes what `open` opened. Calls that were made before end normally, later ones throw `.blocklisted`.
    public func close() async {
        await connection.close()
    }

    /// One read operation, in one transaction. See `ObjectReader`.
    public func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        if let reason = object.violation ?? operation.violation {
            throw StoreError(.invalid, operation: "read", object: object, reason: reason)
        }
        return try await connection.read("read", of: object) { db in
            try SQLiteObject.find(object, in: db)?.read(operation, in: db)
        }
    }

    /// Cursors over slices of equal size, ascending by namespace and name. See `ObjectReader`.
    public func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        guard slices >= 1 else {
            throw StoreError(.invalid, operation: "list objects", reason: "\(slices) slices were asked for")
        }
        let bounds = try await connection.read("list objects") { db in
            try SQLiteListing(scope: scope).bounds(slices: slices, in: db)
        }
        return zip([nil] + bounds, bounds + [nil]).map { [connection] lower, upper in
            // Where the next page begins; nil at the end. Only its own task follows a cursor, so nothing is read twice.
            let position = Mutex(Optional(SQLiteListing.Position(after: lower)))
            return ObjectCursor {
                guard let from = position.withLock({ $0 }) else { return nil }
                let page = try await connection.read("list objects") { db in
                    try SQLiteListing(scope: scope).page(after: from.after, through: upper, in: db)
                }
                position.withLock { position in
                    position = page.count < SQLiteListing.pageSize ? nil : .init(after: page.last)
                }
                return page
            }
        }
    }

    /// nil: a file has no placement groups.
    public func placement(of object: ObjectID) async throws -> Placement? { nil }

    /// The path (`memory` in memory), the number of objects, and the bytes of the file that are in use.
    public func status() async throws -> StoreStatus {
        try await connection.read("status") { [path = connection.path] db in
            var status = StoreStatus(backend: .sqlite, name: path)
            status.objects = try UInt64.fetchOne(db, sql: "SELECT COUNT(*) FROM objects")
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            status.bytesUsed = UInt64(max(0, (pages - free) * size))
            return status
        }
    }

    /// The calls that share the transaction of this moment. Those behind them are not counted, but can be `stalled`.
    public var load: StoreLoad { connection.load }
}
