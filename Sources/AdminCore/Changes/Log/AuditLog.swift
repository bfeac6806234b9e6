import ObjectStore
public import Registry
public import StorageDriver
public import Foundation

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

/// Reads the log of changes.
///
/// Concurrency: a value. Errors: those of the store. Records that cannot be decoded are left out.
public struct AuditLogReader: Sendable {
    /// The store.
    public let storage: StorageReader

    /// A reader of the log in `storage`.
    public init(storage: StorageReader) {
        self.storage = storage
    }

    /// Reads the latest changes, the latest first: month by month back from `now`, for twenty
    /// years.
    /// - Parameters:
    ///   - limit: The most changes to read, from 1 on. Memory: that many entries.
    ///   - now: The date from which the search goes back.
    public func latest(_ limit: Int, now: Date) async throws -> [AuditEntry] {
        // A machine whose clock is ahead writes into the next month.
        let newest = AuditLog.month(of: now) + 1
        var found: [AuditEntry] = []
        for first in stride(from: newest, to: newest - 240, by: -12) where found.count < limit {
            let months = try await concurrentMap((first - 11...first).reversed(), window: storage.window) { month in
                try await entries(of: AuditLog.object(month: month), limit: limit)
            }
            found += months.joined()
        }
        return Array(found.prefix(max(0, limit)))
    }

    /// Removes entries that are older than the registry. The log outlives the registry if a pool is
    /// emptied and filled anew.
    /// - Returns: A sentence about them; nil if there are none.
    public func removeEarlier(
        from entries: inout [AuditEntry], _ paths: RegistryPaths = RegistryPaths()
    ) async throws -> String? {
        guard !entries.isEmpty, let made = try await storage.made(paths) else { return nil }
        let count = entries.count
        entries.removeAll { $0.begun < made }
        let earlier = count - entries.count
        if earlier == 0 { return nil }
        return
            "\(earlier) \(earlier == 1 ? "change" : "changes") of an earlier registry in this pool \(earlier == 1 ? "is" : "are") left out"
    }

    /// Reads the latest entries of one month, the latest first.
    private func entries(of object: ObjectID, limit: Int) async throws -> [AuditEntry] {
        var last: [OmapEntry] = []
        var after: ByteString?
        while let state = try await storage.objects.read(
            ReadOperation(omap: .page(after: after, limit: ReadOperation.largestPage)), of: object)
        {
            last = (last + state.omap).suffix(2 * limit)
            after = state.omap.last?.key
            if !state.hasMore || after == nil { break }
        }
        let values = Dictionary(last.map { ($0.key, $0.value) }) { first, _ in first }
        return last.reversed().compactMap { entry in
            guard let id = entry.key.string, !id.hasSuffix("!"),
                let beginning = AuditLogReader.decode(entry.value, of: AuditLog.beginnings(in: object))
            else { return nil }
            let ending = values[ByteString(id + "!")].flatMap {
                AuditLogReader.decode($0, of: AuditLog.endings(in: object))
            }
            return AuditEntry(id: id, beginning, ending)
        }
    }

    private static func decode<Record>(_ value: [UInt8], of store: RecordStore<Record>) -> Record? {
        value.count <= store.limit && BoundedJSON.isShallow(value) ? store.decode(value) : nil
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
