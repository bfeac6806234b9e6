import ObjectStore
public import Registry
public import StorageDriver
public import Foundation

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

    /// Reads the changes since a moment, the latest first: the months from then until `now`.
    func since(_ moment: Date, now: Date) async throws -> [AuditEntry] {
        let months = AuditLog.month(of: moment)...AuditLog.month(of: now)
        return try await concurrentMap(months.reversed(), window: storage.window) { month in
            try await entries(of: AuditLog.object(month: month), limit: AuditLog.longestList, since: moment)
        }.flatMap(\.self)
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
    private func entries(of object: ObjectID, limit: Int, since moment: Date? = nil) async throws -> [AuditEntry] {
        var last: [OmapEntry] = []
        var after = moment.map { ByteString(RecordKey.least(at: $0)) }
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
