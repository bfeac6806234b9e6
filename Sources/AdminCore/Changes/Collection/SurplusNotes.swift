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

    static let object = ObjectID("surplus", namespace: Journal.namespace)

    let driver: StorageDriver

    /// All notes. What cannot be understood is none.
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
        _ = try await driver.writer.perform(WriteOperation([.setOmap(keys)]), on: Self.object, for: .root) {
            [reader = driver.reader] in
            try await reader.value(of: known, in: Self.object) == value
        }
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
        let keys = Set(blobs.map(key))
        for _ in 0..<StorageWriter.attempts {
            guard let state = try await driver.reader.objects.wholeOmap(of: Self.object) else { return }
            let gone = state.omap.map(\.key).filter(keys.contains)
            let isLast = gone.count == state.omap.count
            if gone.isEmpty, !isLast { return }
            let applied = try await driver.writer.perform(
                WriteOperation(guards: [.version(state.version)], [isLast ? .remove : .removeOmap(gone)]),
                on: Self.object, for: .root
            ) { [reader = driver.reader] in
                try await reader.objects.read(.stat, of: Self.object)?.version != state.version
            }
            if applied { return }
        }
        throw StorageWriter.contention(Self.object)
    }

    private func key(_ blob: BlobIdentifier) -> ByteString { ByteString(bytes: blob.value) }
}
