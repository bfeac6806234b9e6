import ObjectStore
import Foundation
import GRDB

/// Opens files as stores. Refuses other files before SQLite opens them, with a sentence that says
/// why.
enum SQLiteFile {
    /// The purpose of opening a file.
    enum Mode: Sendable {
        case read
        case change
        case create
    }

    /// The longest wait for the lock of another process, in seconds.
    private static let patience = 30.0

    /// Opens `path`. Throws `StoreError`.
    static func open(_ path: String, mode: Mode, clock: WallClock) async throws -> SQLiteConnection {
        try await BlockingCall.run(cancelled: nil) { try openNow(path, mode: mode, clock: clock) }
    }

    static func configuration(readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = "regtop.sqlite"
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .callback { tries in
            // SQLite's own handler sleeps longer and longer, and never gets the lock if another
            // process commits all the time.
            usleep(UInt32.random(in: 500...3000))
            return Double(tries) * 0.00175 < patience
        }
        return configuration
    }

    private static func openNow(_ path: String, mode: Mode, clock: WallClock) throws -> SQLiteConnection {
        // Absolute, so that SQLite does not read the name as a URI ("file:…") or a special name
        // (":memory:").
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        try inspect(absolute, shown: path, mode: mode)
        do {
            let queue = try connect(absolute, shown: path, mode: mode)
            return SQLiteConnection(queue, path: path, clock: clock)
        } catch let error as StoreError {
            throw error
        } catch {
            let failure = StoreError(error, operation: "open")
            throw StoreError(failure.kind, operation: "open", reason: "\(path): \(failure.reason)")
        }
    }

    private static func connect(_ absolute: String, shown path: String, mode: Mode) throws -> DatabaseQueue {
        do {
            let queue = try DatabaseQueue(path: absolute, configuration: configuration(readOnly: mode == .read))
            try queue.inDatabase { db in
                if mode == .create, try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0 {
                    try SQLiteSchema.create(in: db)
                }
                try SQLiteSchema.check(db, path: path)
            }
            return queue
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK && mode == .read
        {
            // A process was killed during a commit. A connection that may write rolls that back by
            // reading.
            try connect(absolute, shown: path, mode: .change).close()
            return try connect(absolute, shown: path, mode: .read)
        }
    }

    /// Throws unless the file can be opened as a store.
    private static func inspect(_ absolute: String, shown path: String, mode: Mode) throws {
        func failure(_ kind: StoreError.Kind, _ reason: String) -> StoreError {
            StoreError(kind, operation: "open", errno: 0, reason: reason)
        }
        guard !path.isEmpty, !path.utf8.contains(0) else { throw failure(.invalid, "the file's name is empty") }
        var information = stat()
        guard stat(absolute, &information) == 0 else {
            switch errno {
            case ENOENT where mode == .create && !path.hasSuffix("/"):
                let directory = FileDraft.directory(of: absolute)
                guard access(directory, F_OK) == 0 else {
                    throw failure(.notConfigured, "there is no directory \(directory)")
                }
                guard access(directory, W_OK) == 0 else {
                    throw failure(.permissionDenied, "no file may be created in \(directory)")
                }
                return
            case ENOENT: throw failure(.notConfigured, "there is no file \(path)")
            case EACCES: throw failure(.permissionDenied, "\(path) may not be read")
            case let number: throw failure(.inputOutput, "\(path): \(StoreError.systemText(number))")
            }
        }
        guard information.st_mode & S_IFMT == S_IFREG else {
            let isDirectory = information.st_mode & S_IFMT == S_IFDIR
            throw failure(.invalid, isDirectory ? "\(path) is a directory" : "\(path) is not a file")
        }
        guard access(absolute, R_OK) == 0 else { throw failure(.permissionDenied, "\(path) may not be read") }
        if information.st_size == 0 {
            guard mode == .create else { throw failure(.invalid, "\(path) is empty, not a store") }
            return
        }
        guard let file = fopen(absolute, "r") else { throw failure(.inputOutput, "\(path) cannot be opened") }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 16)
        let count = fread(&header, 1, header.count, file)
        guard count == header.count, header == Array("SQLite format 3\0".utf8) else {
            throw failure(.invalid, "\(path) is not an SQLite file")
        }
    }
}

/// The tables of a store, and the marks that identify a file as a store.
///
/// The data of an object lies in pieces of fixed size, so that a ranged read or an append touches
/// only some of them; a missing piece reads as zeros. SQLite's journal stays in the rollback mode,
/// in which reading creates no other file: so a store can be read where nothing may be written, and
/// is always a single file.
enum SQLiteSchema {
    /// `PRAGMA application_id` of every store: "RGTP".
    static let applicationID: Int32 = 0x5247_5450

    /// `PRAGMA user_version`: the version of the tables.
    static let version: Int32 = 1

    /// Bytes in a piece of data.
    static let pieceSize = 64 << 10

    /// Pieces of the largest object. The row of a piece is the row of its object times this number,
    /// plus its index.
    static let piecesPerObject = Int64(StoreLimits.object) / Int64(pieceSize)

    /// Creates the tables, unless another process has created them meanwhile.
    static func create(in db: Database) throws {
        try db.inTransaction(.immediate) {
            guard try !isStore(db) else { return .commit }
            try db.execute(
                sql: """
                    CREATE TABLE objects (
                        id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name BLOB NOT NULL, version INTEGER NOT NULL,
                        size INTEGER NOT NULL, modified INTEGER NOT NULL, UNIQUE (namespace, name));
                    CREATE TABLE pieces (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
                    CREATE TABLE xattrs (
                        object INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL,
                        PRIMARY KEY (object, name)) WITHOUT ROWID;
                    CREATE TABLE omap (
                        object INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
                        PRIMARY KEY (object, key)) WITHOUT ROWID;
                    CREATE TABLE clock (version INTEGER NOT NULL);
                    INSERT INTO clock VALUES (0);
                    PRAGMA application_id = \(applicationID);
                    PRAGMA user_version = \(version);
                    """)
            return .commit
        }
    }

    /// True if the file has the mark of a store.
    static func isStore(_ db: Database) throws -> Bool {
        try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID
    }

    /// Throws `StoreError` unless the file is a store of a known version.
    static func check(_ db: Database, path: String) throws {
        guard try isStore(db) else {
            throw StoreError(
                .invalid, operation: "open", reason: "\(path) is an SQLite file, but not one of regtop's stores")
        }
        let found = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found == version else {
            throw StoreError(
                .invalid, operation: "open",
                reason: "\(path) has version \(found) of the store's format, and this regtop knows version \(version)")
        }
    }
}
