import GRDB

/// The tables of a store, and the marks by which a file is recognised as one.
///
/// The data of an object lies in pieces of fixed size, so that a ranged read or an append touches what it needs; a piece that
/// was never written is not there and reads as zeros. The journal stays in SQLite's rollback mode on purpose: reading such
/// a file creates nothing beside it, so it can be read where nothing may be written, and one file is the whole store.
enum SQLiteSchema {
    /// `PRAGMA application_id` of every store: "RGTP".
    static let applicationID: Int32 = 0x5247_5450

    /// `PRAGMA user_version`: which tables there are.
    static let version: Int32 = 1

    /// Bytes of a piece of data.
    static let pieceSize = 64 << 10

    /// Pieces of the largest object; a piece's row is the object's row times this, plus its index.
    static let piecesPerObject = Int64(StoreLimits.object) / Int64(pieceSize)

    /// Makes the tables of an empty database. Nothing happens if another process did so meanwhile.
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

    /// True if the file bears our mark.
    static func isStore(_ db: Database) throws -> Bool {
        try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID
    }

    /// Throws `StoreError` unless the tables are those that this version knows.
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
