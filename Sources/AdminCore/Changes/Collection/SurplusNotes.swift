import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Notes of blobs with chunks behind their end, each with the time at which a run first saw them: a
/// later run removes these chunks, if a mark that began after the delay still finds them
/// (docs/safety.md#2-collection).
///
/// In the pool: the omap of the object `surplus` in the RADOS namespace `regtop`, from the
/// identifier to JSON. The notes are not in the quarantine, because its entries are references, and
/// an identifier with a second reference is never touched. Only the length of the wait depends on a
/// note: it may be lost, or written twice.
struct SurplusNotes: Sendable {
    struct Note: Codable, Hashable, Sendable {
        /// The path of the blob.
        let path: String
        /// The time at which the chunks were seen.
        let noted: Date
        /// Bytes of these chunks.
        let bytes: UInt64
    }

    private static let store = RecordStore<Note>(
        object: ObjectID("surplus", namespace: Journal.namespace), dates: .seconds)

    static var object: ObjectID { store.object }

    let driver: StorageDriver

    /// Returns all notes. Leaves out values that cannot be decoded.
    static func read(_ storage: StorageReader) async throws -> [BlobIdentifier: Note] {
        let notes = try await store.records(in: storage).compactMap { key, note in
            BlobIdentifier(value: key.bytes).map { ($0, note) }
        }
        return Dictionary(notes) { first, _ in first }
    }

    /// Notes blobs. If two processes do so at once, the later note counts.
    func write(_ items: [CollectionPlan.Item]) async throws {
        let now = driver.policy.now
        let notes = items.map { item in
            (key(item.blob), Note(path: item.origin.string, noted: now, bytes: item.bytes))
        }
        try await Self.store.set(Dictionary(notes) { first, _ in first }, by: driver.writer)
    }

    /// Removes notes that are older than the registry and whose blobs have no content any more: the
    /// pool was emptied since they were written. Returns their number.
    func removeGone(_ paths: RegistryPaths) async throws -> Int {
        let notes = try await Self.read(driver.reader)
        guard !notes.isEmpty, let made = try await driver.reader.made(paths) else { return 0 }
        let old = notes.filter { $0.value.noted < made }.map(\.key)
        let gone = try await concurrentMap(old, window: driver.reader.window) { [reader = driver.reader] blob in
            try await reader.objects.read(.stat, of: blob.chunk(0)) == nil ? blob : nil
        }.compactMap(\.self)
        if !gone.isEmpty { try await remove(gone) }
        return gone.count
    }

    /// Removes notes, and the object with the last of them.
    func remove(_ blobs: [BlobIdentifier]) async throws {
        try await Self.store.remove(Set(blobs.map(key)), by: driver.writer)
    }

    private func key(_ blob: BlobIdentifier) -> ByteString { ByteString(bytes: blob.value) }
}
