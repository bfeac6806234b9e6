public import ObjectStore
import Foundation
import GRDB
import Synchronization

/// Reads a store in an SQLite file or in memory, and cannot change it.
///
/// All calls run on one connection, on a thread of GRDB, in batches: up to `load.limit` calls share
/// a transaction.
public final class SQLiteReader: ObjectReader {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// Opens a file for reading only: SQLite itself refuses to write, and creates nothing beside
    /// the file. (One exception: the rollback journal of a process that was killed within a commit
    /// is rolled back first.)
    ///
    /// - Throws: `StoreError`: `.notConfigured` if there is no such file, `.permissionDenied`,
    ///   `.invalid` if it is not a store.
    public static func open(path: String) async throws -> SQLiteReader {
        SQLiteReader(try await SQLiteFile.open(path, mode: .read, clock: .system))
    }

    /// Closes the file. Earlier calls end normally, later ones throw `.blocklisted`.
    public func close() async {
        await connection.close()
    }

    /// See `ObjectReader`. One read operation in one transaction.
    public func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        if let reason = object.violation ?? operation.violation {
            throw StoreError(.invalid, operation: "read", object: object, reason: reason)
        }
        return try await connection.read("read", of: object) { db in
            try SQLiteObject.find(object, in: db)?.read(operation, in: db)
        }
    }

    /// See `ObjectReader`. The slices have equal sizes and are sorted by namespace and name.
    public func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        guard slices >= 1 else {
            throw StoreError(.invalid, operation: "list objects", reason: "the number of slices is \(slices)")
        }
        let bounds = try await connection.read("list objects") { db in
            try SQLiteListing(scope: scope).bounds(slices: slices, in: db)
        }
        return zip([nil] + bounds, bounds + [nil]).map { [connection] lower, upper in
            // The place of the next page; nil at the end. Only one task follows a cursor, so no
            // page is read twice.
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

    /// Always nil: a file has no placement groups.
    public func placement(of object: ObjectID) async throws -> Placement? { nil }

    /// See `ObjectReader`. The path (`memory` in memory), the number of objects, and the used bytes
    /// of the file.
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

    /// See `ObjectReader`. Counts the calls in the current transaction; a waiting call can be
    /// `stalled` as well.
    public var load: StoreLoad { connection.load }
}
