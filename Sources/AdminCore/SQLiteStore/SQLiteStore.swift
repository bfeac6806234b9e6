import Foundation
import GRDB
import Synchronization

/// A whole store in one SQLite file, or in memory: regtop's embedded default, and the store of most tests.
///
/// Several processes may use one file at once; each operation is one transaction, and who finds the file locked waits up to
/// half a minute. A file that is only to be read is opened by `SQLiteReader.open`, which gives nothing that could write.
public struct SQLiteStore: Sendable {
    /// Reads the store.
    public let reader: SQLiteReader

    /// Changes the store.
    public let writer: SQLiteWriter

    private let connection: SQLiteConnection

    private init(_ connection: SQLiteConnection) {
        self.connection = connection
        reader = SQLiteReader(connection)
        writer = SQLiteWriter(connection)
    }

    /// Opens the store in the file at `path`. Nothing is written, unless `create`: then a missing or empty file becomes an empty
    /// store, and one that is there is opened as it is. `clock` dates what is changed.
    ///
    /// Throws `StoreError`: `.notConfigured` if there is no such file, `.permissionDenied`, `.invalid` if it is not a store.
    public static func open(path: String, create: Bool = false, clock: WallClock) async throws -> SQLiteStore {
        SQLiteStore(try await SQLiteFile.open(path, mode: create ? .create : .change, clock: clock))
    }

    /// An empty store in memory, gone with the last reference to it. `clock` dates what is changed. Throws `StoreError`.
    public static func inMemory(clock: WallClock) throws -> SQLiteStore {
        do {
            let queue = try DatabaseQueue(configuration: SQLiteFile.configuration(readOnly: false))
            try queue.inDatabase { try SQLiteSchema.create(in: $0) }
            return SQLiteStore(SQLiteConnection(queue, path: "memory", clock: clock))
        } catch {
            throw StoreError(error, operation: "open")
        }
    }

    /// Closes the file. Calls that were made before end normally, later ones fail as `.blocklisted`.
    public func close() async {
        await connection.close()
    }
}

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

/// Changes a store in an SQLite file or in memory. Not an `ObjectReader`.
///
/// An operation is one part of an IMMEDIATE transaction: its guards hold against every other process as well. The outcome is
/// given after the commit; `.unknown` happens only if the disk fails within it. A cancelled operation is `.failed` with
/// `.cancelled` if it had not begun, and otherwise ends as if nobody had cancelled.
public final class SQLiteWriter: ObjectWriter {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// Executes one operation in one transaction. See `ObjectWriter`.
    public func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        if let reason = object.violation ?? operation.violation {
            return .failed(StoreError(.invalid, operation: "write", object: object, reason: reason))
        }
        return await connection.write(operation, to: object)
    }
}
