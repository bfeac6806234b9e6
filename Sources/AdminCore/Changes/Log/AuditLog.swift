import ObjectStore
import Registry
import StorageDriver
import Foundation

/// The log of all changes, in the pool itself, where every machine can read it.
///
/// In the pool: one object for each month, such as `log-2026-11`, in the RADOS namespace `regtop`,
/// which no registry reads. Each change has two keys with JSON in the omap of its month: `<id>`,
/// written before the change, and `<id>!`, written after it. Ids sort by time and never collide; no
/// key is overwritten, or removed.
struct AuditLog: Sendable {
    /// The most targets, and the most results, that a record names.
    static let longestList = 1000

    let driver: StorageDriver

    /// The key and the object of the record of a change, or the reason why there is none.
    typealias Record = Result<(id: String, object: ObjectID), any Error>

    /// Writes the record of a beginning change.
    func begin(_ beginning: AuditBeginning) async -> Record {
        let (id, object) = (RecordKey.new(at: beginning.begun), AuditLog.object(of: beginning.begun))
        do {
            try await AuditLog.beginnings(in: object).set([ByteString(id): beginning], by: driver.writer)
            return .success((id, object))
        } catch {
            return .failure(error)
        }
    }

    /// Writes the end of a change. Returns a sentence if the log does not have the whole record.
    func end(_ record: Record, _ ending: AuditEnding) async -> String? {
        do {
            let (id, object) = try record.get()
            try await AuditLog.endings(in: object).set([ByteString(id + "!"): ending], by: driver.writer)
            return nil
        } catch {
            return "the log of changes could not be written: \(error)"
        }
    }

    /// The records that are written before a change.
    static func beginnings(in object: ObjectID) -> RecordStore<AuditBeginning> {
        RecordStore(object: object, dates: .milliseconds)
    }

    /// The records that are written after a change.
    static func endings(in object: ObjectID) -> RecordStore<AuditEnding> {
        RecordStore(object: object, dates: .milliseconds)
    }

    /// The object of a month.
    static func object(of moment: Date) -> ObjectID {
        object(month: month(of: moment))
    }

    /// The month of a moment, in months since the year 0.
    static func month(of moment: Date) -> Int {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month], from: moment)
        return (parts.year ?? 0) * 12 + (parts.month ?? 1) - 1
    }

    static func object(month: Int) -> ObjectID {
        let (year, number) = (String(month / 12), String(month % 12 + 1))
        return ObjectID(ByteString("log-\(year)-\(number.count < 2 ? "0" : "")\(number)"), namespace: Journal.namespace)
    }
}

extension StorageReader {
    /// Returns the time since which a registry's tree has existed, by the dates of directories to
    /// which nothing is written as long as they hold anything; nil if there is no tree.
    func made(_ paths: RegistryPaths) async throws -> Date? {
        guard let top = paths.root.components.first else { return nil }
        return try await made(below: .literal(top))
    }
}
