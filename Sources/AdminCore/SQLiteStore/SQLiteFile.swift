import Foundation
import GRDB

/// Opens files as stores: what is no store is told apart before SQLite sees it, with a sentence that says what it is.
enum SQLiteFile {
    /// What a file is opened for.
    enum Mode: Sendable {
        case read
        case change
        case create
    }

    /// For how long another process may keep the file locked, in seconds.
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
            // SQLite's own handler sleeps longer and longer, and loses for ever against a process that commits all the time.
            usleep(UInt32.random(in: 500...3000))
            return Double(tries) * 0.00175 < patience
        }
        return configuration
    }

    private static func openNow(_ path: String, mode: Mode, clock: WallClock) throws -> SQLiteConnection {
        // Absolute, so that SQLite never takes a name for a URI ("file:…") or for one of its special names (":memory:").
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
            // Somebody was killed within a commit. Whoever may write undoes that by reading.
            try connect(absolute, shown: path, mode: .change).close()
            return try connect(absolute, shown: path, mode: .read)
        }
    }

    /// Throws unless the path is one that SQLite may be let loose on.
    private static func inspect(_ absolute: String, shown path: String, mode: Mode) throws {
        func failure(_ kind: StoreError.Kind, _ reason: String) -> StoreError {
            StoreError(kind, operation: "open", errno: 0, reason: reason)
        }
        guard !path.isEmpty, !path.utf8.contains(0) else { throw failure(.invalid, "the file's name is empty") }
        var information = stat()
        guard stat(absolute, &information) == 0 else {
            switch errno {
            case ENOENT where mode == .create && !path.hasSuffix("/"):
                let directory = (absolute as NSString).deletingLastPathComponent
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
