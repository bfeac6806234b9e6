import ObjectStore
import Foundation
import GRDB

extension StoreError {
    /// The `StoreError` for an error of GRDB or SQLite.
    init(_ error: any Error, operation: String, object: ObjectID? = nil) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.other, operation: operation, object: object, reason: "\(error)")
            return
        }
        let kind: Kind
        let reason: String
        switch error.resultCode.primaryResultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (kind, reason) = (.timedOut, "another process has locked the file")
        case .SQLITE_FULL:
            (kind, reason) = (.full, "no space is left for the file")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            (kind, reason) = (.permissionDenied, "the file may not be written")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            (kind, reason) = (.inputOutput, "the file is damaged")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            (kind, reason) = (.inputOutput, "the file cannot be read or written: \(error.message ?? "no reason given")")
        case .SQLITE_TOOBIG:
            (kind, reason) = (.invalid, "a value is larger than SQLite can hold")
        default:
            (kind, reason) = (.other, "SQLite says: \(error.message ?? "error \(error.resultCode.rawValue)")")
        }
        self.init(kind, operation: operation, object: object, reason: reason)
    }
}
