import GRDB

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
