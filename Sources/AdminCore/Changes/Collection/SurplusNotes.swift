import Foundation

/// Which blobs had chunks behind their ends, and when a run first saw that: a later one removes these chunks, if a
/// mark that began after the delay still finds them (docs/safety.md#2-collection).
///
/// In the pool: the omap of the object `surplus` in the RADOS namespace `regtop`, from the identifier to JSON. Not in
/// the quarantine, for what stands there refers to its chunks, and an identifier with a second reference is not
/// touched by anything. Nothing rests on a note but how long is waited: it may be lost, or written twice.
struct SurplusNotes: Sendable {
    struct Note: Codable, Hashable, Sendable {
        /// The blob's.
        let path: String
        /// When it was seen.
        let noted: Date
        /// Bytes of these chunks.
        let bytes: UInt64
    }

    private static let store = RecordStore<Note>(
        object: ObjectID("surplus", namespace: Journal.namespace), dates: .seconds)

    static var object: ObjectID { store.object }

    let driver: StorageDriver

    /// All notes. What cannot be understood is none.
    static func read(_ storage: StorageReader) async throws -> [BlobIdentifier: Note] {
        let notes = try await store.records(in: storage).compactMap { key, note in
            BlobIdentifier(value: key.bytes).map { ($0, note) }
        }
        return Dictionary(notes) { first, _ in first }
    }

    /// Notes blobs. Of two who do so at once, the later one counts.
    func write(_ items: [CollectionPlan.Item]) async throws {
        let now = driver.policy.now
        let notes = items.map { item in
            (key(item.blob), Note(path: item.origin.string, noted: now, bytes: item.bytes))
        }
        try await Self.store.set(Dictionary(notes) { first, _ in first }, by: driver.writer)
    }

    /// Takes those notes away that are older than the registry, and whose blobs have no content any more: the pool
    /// was emptied since they were written. Gives how many.
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

    /// Takes notes away, and the object with the last of them.
    func remove(_ blobs: [BlobIdentifier]) async throws {
        try await Self.store.remove(Set(blobs.map(key)), by: driver.writer)
    }

    private func key(_ blob: BlobIdentifier) -> ByteString { ByteString(bytes: blob.value) }
}
