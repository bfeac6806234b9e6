public import ObjectStore
import Foundation
import GRDB
import Synchronization

/// A whole store in one SQLite file, or in memory, as for the sample and for most tests.
///
/// Several processes may use one file at once. Each operation is one transaction, and waits for up
/// to half a minute if another process has locked the file. `SQLiteReader.open` opens a file for
/// reading only.
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

    /// Opens the store in a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - create: True to make an empty store of a missing or empty file; otherwise nothing is
    ///     written.
    ///   - clock: The clock for the dates of changes.
    /// - Throws: `StoreError`: `.notConfigured` if there is no such file, `.permissionDenied`,
    ///   `.invalid` if it is not a store.
    public static func open(path: String, create: Bool = false, clock: WallClock) async throws -> SQLiteStore {
        SQLiteStore(try await SQLiteFile.open(path, mode: create ? .create : .change, clock: clock))
    }

    /// An empty store in memory, which is gone with the last reference to it. Throws `StoreError`.
    public static func inMemory(clock: WallClock) throws -> SQLiteStore {
        do {
            let queue = try DatabaseQueue(configuration: SQLiteFile.configuration(readOnly: false))
            try queue.inDatabase { try SQLiteSchema.create(in: $0) }
            return SQLiteStore(SQLiteConnection(queue, path: "memory", clock: clock))
        } catch {
            throw StoreError(error, operation: "open")
        }
    }

    /// Closes the file. Earlier calls end normally, later ones fail as `.blocklisted`.
    public func close() async {
        await connection.close()
    }
}

/// Changes a store in an SQLite file or in memory, and cannot read it.
///
/// An operation is a part of an IMMEDIATE transaction, so its guards hold against other processes
/// as well. The outcome comes after the commit, and is `.unknown` only if the disk fails within the
/// commit. A cancelled operation is `.failed` with `.cancelled` if it has not begun; otherwise it
/// ends normally.
public final class SQLiteWriter: ObjectWriter {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// See `ObjectWriter`.
    public func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        if let reason = object.violation ?? operation.violation {
            return .failed(StoreError(.invalid, operation: "write", object: object, reason: reason))
        }
        return await connection.write(operation, to: object)
    }
}

/// The SQLite in use.
public enum SQLiteLibrary {
    /// `SQLite 3.40.1`; nil if SQLite does not work.
    public static var version: String? {
        let number = try? DatabaseQueue().inDatabase { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
        return number.map { "SQLite \($0)" }
    }
}
