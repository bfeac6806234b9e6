import Foundation

/// Notes of blobs with chunks behind their end, each with the time at which a run first saw them: a
/// later run removes these chunks, if a mark that began after the delay still finds them
/// (docs/safety.md#2-collection).
///
/// In the pool: the omap of the object `surplus` in the RADOS namespace `regtop`, from the
/// identifier to JSON. Not in the quarantine, whose entries are references: nothing touches an
/// identifier with a second reference. Only the length of the wait rests on a note: it may be lost,
/// or written twice.
struct SurplusNotes: Sendable {
    struct Note: Codable, Hashable, Sendable {
        /// The path of the blob.
        let path: String
        /// The time at which the chunks were seen.
        let noted: Date
        /// Bytes of these chunks.
        let bytes: UInt64
    }

    static let object = ObjectID("surplus", namespace: Journal.namespace)

    let driver: StorageDriver

    /// Returns all notes. Values that cannot be decoded are none.
    static func read(_ storage: StorageReader) async throws -> [BlobIdentifier: Note] {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        let omap = try await storage.objects.wholeOmap(of: object)?.omap ?? []
        return Dictionary(
            omap.compactMap { entry in
                guard let blob = BlobIdentifier(value: entry.key.bytes),
                    let note = try? decoder.decode(Note.self, from: Data(entry.value))
                else { return nil }
                return (blob, note)
            }
        ) { first, _ in first }
    }

    /// Notes blobs. Of two who do so at once, the later one counts.
    func write(_ items: [CollectionPlan.Item]) async throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let now = driver.policy.now
        let keys = try Dictionary(
            items.map { item in
                let note = Note(path: item.origin.string, noted: now, bytes: item.bytes)
                return (key(item.blob), Array(try encoder.encode(note)))
            }
        ) { first, _ in first }
        guard let (known, value) = keys.first else { return }
        _ = try await driver.perform(WriteOperation([.setOmap(keys)]), on: Self.object, for: .root) {
            [reader = driver.reader] in
            try await reader.value(of: known, in: Self.object) == value
        }
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
        let keys = Set(blobs.map(key))
        for _ in 0..<StorageDriver.attempts {
            guard let state = try await driver.reader.objects.wholeOmap(of: Self.object) else { return }
            let gone = state.omap.map(\.key).filter(keys.contains)
            let isLast = gone.count == state.omap.count
            if gone.isEmpty, !isLast { return }
            let applied = try await driver.perform(
                WriteOperation(guards: [.version(state.version)], [isLast ? .remove : .removeOmap(gone)]),
                on: Self.object, for: .root
            ) { [reader = driver.reader] in
                try await reader.objects.read(.stat, of: Self.object)?.version != state.version
            }
            if applied { return }
        }
        throw StorageDriver.contention(Self.object)
    }

    private func key(_ blob: BlobIdentifier) -> ByteString { ByteString(bytes: blob.value) }
}
