import ObjectStore
import Foundation
import GRDB

/// Executes one `WriteOperation` inside a transaction: checks the guards and the needs of the
/// mutations first, then changes the object.
struct SQLiteChange {
    private let db: Database
    private let object: ObjectID
    private let version: Int64
    private let modified: Int64
    private var id: Int64?
    private var data: SQLiteData?

    /// Executes an operation.
    ///
    /// - Parameters:
    ///   - moment: The time of the change, unless the operation has one.
    ///   - clock: The version of the last change of the whole store; increased if the operation
    ///     changes something.
    static func apply(
        _ operation: WriteOperation, to object: ObjectID, at moment: Date, in db: Database, clock: inout Int64
    ) throws -> WriteOutcome {
        let found = try SQLiteObject.find(object, in: db)
        for condition in operation.guards where try !holds(condition, found, in: db) {
            return .refused(condition)
        }
        let creates = operation.guards.contains(.doesNotExist)
        guard canExecute(operation.mutations, exists: found != nil || creates) else { return .refused(.exists) }
        guard creates || !operation.mutations.isEmpty else { return .applied }

        clock += 1
        var change = SQLiteChange(
            db: db, object: object, version: clock,
            modified: SQLiteObject.microseconds(operation.modified ?? moment), id: found?.id,
            data: found.map { SQLiteData(object: $0.id, size: $0.size) })
        if creates { _ = try change.existing() }
        for mutation in operation.mutations {
            try change.execute(mutation)
        }
        try change.stamp()
        return .applied
    }

    private static func holds(
        _ condition: WriteOperation.Guard, _ found: SQLiteObject?, in db: Database
    ) throws -> Bool {
        guard let found else { return condition == .doesNotExist }
        switch condition {
        case .exists: return true
        case .doesNotExist: return false
        case .version(let version): return found.version == version
        case .omapValue(let key, let value):
            let statement = try db.cachedStatement(
                sql: "SELECT value FROM omap WHERE object = ? AND key = ifnull(?, x'')")
            return try Data.fetchOne(statement, arguments: [found.id, Data(key.bytes)]) == Data(value)
        case .xattr(let name, let value):
            let statement = try db.cachedStatement(sql: "SELECT value FROM xattrs WHERE object = ? AND name = ?")
            return try Data.fetchOne(statement, arguments: [found.id, Data(name.bytes)]) == Data(value)
        }
    }

    /// False if the object is missing and the first mutation does not create it.
    private static func canExecute(_ mutations: [WriteOperation.Mutation], exists: Bool) -> Bool {
        guard !exists else { return true }
        switch mutations.first {
        case .removeOmap, .remove: return false
        default: return true
        }
    }

    private mutating func execute(_ mutation: WriteOperation.Mutation) throws {
        switch mutation {
        case .create:
            _ = try existing()
        case .write(let bytes, let offset):
            _ = try existing()
            try data?.write(bytes, at: offset, in: db)
        case .writeFull(let bytes):
            _ = try existing()
            try data?.truncate(to: 0, in: db)
            try data?.write(bytes, at: 0, in: db)
        case .truncate(let size):
            _ = try existing()
            try data?.truncate(to: size, in: db)
        case .setXattr(let name, let value):
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO xattrs (object, name, value) VALUES (?, ?, ifnull(?, x''))"
            ).execute(arguments: [existing(), Data(name.bytes), Data(value)])
        case .removeXattr(let name):
            try db.cachedStatement(sql: "DELETE FROM xattrs WHERE object = ? AND name = ?")
                .execute(arguments: [existing(), Data(name.bytes)])
        case .setOmap(let entries):
            let id = try existing()
            let statement = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO omap (object, key, value) VALUES (?, ifnull(?, x''), ifnull(?, x''))")
            for (key, value) in entries {
                try statement.execute(arguments: [id, Data(key.bytes), Data(value)])
            }
        case .removeOmap(let keys):
            let id = try existing()
            let statement = try db.cachedStatement(sql: "DELETE FROM omap WHERE object = ? AND key = ifnull(?, x'')")
            for key in keys {
                try statement.execute(arguments: [id, Data(key.bytes)])
            }
        case .remove:
            try remove()
        }
    }

    /// The row of the object, which is created if it is missing.
    private mutating func existing() throws -> Int64 {
        if let id { return id }
        try db.cachedStatement(
            sql: "INSERT INTO objects (namespace, name, version, size, modified) VALUES (?, ?, ?, 0, ?)"
        ).execute(arguments: [object.namespace, Data(object.name.bytes), version, modified])
        let new = db.lastInsertedRowID
        id = new
        data = SQLiteData(object: new, size: 0)
        return new
    }

    private mutating func remove() throws {
        guard let id else { return }
        try data?.truncate(to: 0, in: db)
        for sql in [
            "DELETE FROM xattrs WHERE object = ?", "DELETE FROM omap WHERE object = ?",
            "DELETE FROM objects WHERE id = ?",
        ] {
            try db.cachedStatement(sql: sql).execute(arguments: [id])
        }
        self.id = nil
        data = nil
    }

    private func stamp() throws {
        guard let id, let data else { return }
        try db.cachedStatement(sql: "UPDATE objects SET version = ?, size = ?, modified = ? WHERE id = ?")
            .execute(arguments: [version, Int64(data.size), modified, id])
    }
}
