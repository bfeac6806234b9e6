import ObjectStore
import Foundation
import GRDB

/// The row of one object.
struct SQLiteObject {
    let id: Int64
    let version: UInt64
    let size: UInt64
    let modified: Date

    /// The row of `object`; nil if it does not exist.
    static func find(_ object: ObjectID, in db: Database) throws -> SQLiteObject? {
        let statement = try db.cachedStatement(
            sql: "SELECT id, version, size, modified FROM objects WHERE namespace = ? AND name = ?")
        return try Row.fetchOne(statement, arguments: [object.namespace, Data(object.name.bytes)]).map { row in
            SQLiteObject(
                id: row[0], version: UInt64(bitPattern: row[1]), size: UInt64(bitPattern: row[2]),
                modified: date(microseconds: row[3]))
        }
    }

    /// The state of the object, with the parts that `operation` requests.
    func read(_ operation: ReadOperation, in db: Database) throws -> ObjectState {
        let (omap, hasMore) = try readOmap(operation.omap, in: db)
        return ObjectState(
            version: version, size: size, modified: modified,
            xattrs: operation.xattrs ? try readXattrs(in: db) : [:], omap: omap, hasMore: hasMore,
            data: try operation.data.map { try SQLiteData(object: id, size: size).read($0, in: db) } ?? [])
    }

    private func readXattrs(in db: Database) throws -> [ByteString: [UInt8]] {
        var xattrs: [ByteString: [UInt8]] = [:]
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT name, value FROM xattrs WHERE object = ?"), arguments: [id])
        while let row = try rows.next() {
            xattrs[ByteString(bytes: try row.bytes(at: 0))] = try row.bytes(at: 1)
        }
        return xattrs
    }

    private func readOmap(_ part: ReadOperation.Omap?, in db: Database) throws -> ([OmapEntry], hasMore: Bool) {
        switch part {
        case nil:
            return ([], false)
        case .keys(let keys):
            let statement = try db.cachedStatement(
                sql: "SELECT key, value FROM omap WHERE object = ? AND key = ifnull(?, x'')")
            return (
                try Set(keys).sorted().compactMap { key in
                    try Row.fetchOne(statement, arguments: [id, Data(key.bytes)]).map { row in
                        OmapEntry(key: key, value: try row.bytes(at: 1))
                    }
                }, false
            )
        case .page(let after, let limit):
            let count = min(limit, ReadOperation.largestPage)
            let condition = after == nil ? "" : " AND key > ifnull(?, x'')"
            let statement = try db.cachedStatement(
                sql: "SELECT key, value FROM omap WHERE object = ?\(condition) ORDER BY key")
            let rows = try Row.fetchCursor(
                statement, arguments: after.map { [id, Data($0.bytes)] } ?? [id])
            var entries: [OmapEntry] = []
            while let row = try rows.next() {
                if entries.count == count { return (entries, true) }
                entries.append(OmapEntry(key: ByteString(bytes: try row.bytes(at: 0)), value: try row.bytes(at: 1)))
            }
            return (entries, false)
        }
    }

    /// Microseconds since 1970, as in the table; exact for all dates that a log or a dump can hold.
    static func microseconds(_ date: Date) -> Int64 {
        let value = (date.timeIntervalSince1970 * 1_000_000).rounded()
        return value.isNaN ? 0 : Int64(exactly: value.clamped(to: -9e18...9e18)) ?? 0
    }

    private static func date(microseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

extension Row {
    /// The bytes of a BLOB; none for NULL.
    func bytes(at index: Int) throws -> [UInt8] {
        try withUnsafeData(atIndex: index) { data in data.map { [UInt8]($0) } ?? [] }
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
