import ObjectStore
import Foundation
import GRDB

/// The data of one object: rows of `SQLiteSchema.pieceSize` bytes. A missing row, and the missing
/// end of a shorter one, are zeros.
struct SQLiteData {
    let object: Int64
    private(set) var size: UInt64

    init(object: Int64, size: UInt64) {
        self.object = object
        self.size = size
    }

    private static let pieceSize = UInt64(SQLiteSchema.pieceSize)

    private func row(_ piece: UInt64) -> Int64 {
        object * SQLiteSchema.piecesPerObject + Int64(piece)
    }

    /// The bytes of a range, up to the end of the object.
    func read(_ range: Range<UInt64>, in db: Database) throws -> [UInt8] {
        let range = range.clamped(to: 0..<size)
        guard !range.isEmpty else { return [] }
        var bytes = [UInt8](repeating: 0, count: range.count)
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, bytes FROM pieces WHERE id BETWEEN ? AND ?"),
            arguments: [row(range.lowerBound / Self.pieceSize), row((range.upperBound - 1) / Self.pieceSize)])
        while let next = try rows.next() {
            let id: Int64 = next[0]
            let start = UInt64(id - row(0)) * Self.pieceSize
            try next.withUnsafeData(atIndex: 1) { data in
                guard let data else { return }
                let wanted = range.clamped(to: start..<start + UInt64(data.count))
                guard !wanted.isEmpty else { return }
                let from = data.startIndex + Int(wanted.lowerBound - start)
                let to = Int(wanted.lowerBound - range.lowerBound)
                bytes.withUnsafeMutableBytes { buffer in
                    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[to..<to + wanted.count])
                    _ = data.copyBytes(to: target, from: from..<from + wanted.count)
                }
            }
        }
        return bytes
    }

    /// Writes bytes at an offset. Without bytes it only extends, as an OSD does.
    mutating func write(_ bytes: [UInt8], at offset: UInt64, in db: Database) throws {
        let end = offset + UInt64(bytes.count)
        var position = offset
        while position < end {
            let piece = position / Self.pieceSize
            let start = piece * Self.pieceSize
            let next = min(start + Self.pieceSize, end)
            let slice = bytes[Int(position - offset)..<Int(next - offset)]
            if position == start && (next - start == Self.pieceSize || next >= size) {
                try put(Data(slice), piece: piece, in: db)
            } else {
                var content = start < size ? try get(piece, in: db) : Data()
                let (from, to) = (Int(position - start), Int(next - start))
                if content.count < to { content.append(Data(count: to - content.count)) }
                content.replaceSubrange(from..<to, with: slice)
                try put(content, piece: piece, in: db)
            }
            position = next
        }
        size = max(size, end)
    }

    /// Cuts the data, or extends it with zeros.
    mutating func truncate(to newSize: UInt64, in db: Database) throws {
        defer { size = newSize }
        guard newSize < size else { return }
        let last = newSize / Self.pieceSize
        let rest = Int(newSize % Self.pieceSize)
        if rest > 0 {
            let content = try get(last, in: db)
            if content.count > rest { try put(content.prefix(rest), piece: last, in: db) }
        }
        try db.cachedStatement(sql: "DELETE FROM pieces WHERE id BETWEEN ? AND ?")
            .execute(arguments: [row(rest > 0 ? last + 1 : last), row(0) + SQLiteSchema.piecesPerObject - 1])
    }

    private func get(_ piece: UInt64, in db: Database) throws -> Data {
        try Data.fetchOne(
            db.cachedStatement(sql: "SELECT bytes FROM pieces WHERE id = ?"), arguments: [row(piece)]) ?? Data()
    }

    private func put(_ content: Data, piece: UInt64, in db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO pieces (id, bytes) VALUES (?, ?)")
            .execute(arguments: [row(piece), content])
    }
}
