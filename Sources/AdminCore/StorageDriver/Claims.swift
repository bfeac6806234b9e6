import ObjectStore
import Algorithms

/// The claims on the references of one holding (docs/safety.md#claims): the process that sets a
/// claim follows it, and so does any recovery.
struct Claims: Sendable {
    let writer: StorageWriter
    /// The directory of the holding.
    let path: StoragePath

    private var reader: StorageReader { writer.reader }

    /// `cas(T, e → claim.e)`: claims references. Returns those that are claimed now; another
    /// process has claimed the others.
    func claim(_ entries: [Holding.Entry], as claim: Holding.Entry.Claim) async throws -> Set<Holding.Entry> {
        try await rename(entries) { (Holding.key($0.origin), Holding.key($0.origin, claim)) }
    }

    /// Ends claims: the keys are removed, or get their old names back. A key that is already gone
    /// does not matter.
    private func end(
        _ entries: [Holding.Entry], as claim: Holding.Entry.Claim, givingBack: Bool = false
    ) async throws {
        _ = try await rename(entries) {
            (Holding.key($0.origin, claim), givingBack ? Holding.key($0.origin) : nil)
        }
    }

    // MARK: - Following claims

    /// Restores claimed references, stage by stage. If a path is taken, undoes the claim. Returns
    /// the taken paths.
    func restore(_ stages: [[Holding.Entry]]) async throws -> Set<StoragePath> {
        var taken: Set<StoragePath> = []
        for entries in stages where !entries.isEmpty {
            taken.formUnion(try await writer.publish(entries.map { ($0.origin, $0.blob) }))
            try await writer.linkUp(Set(entries.map(\.origin).filter { !taken.contains($0) }.map(\.parent)))
        }
        let entries = stages.flatMap(\.self)
        try await end(entries.filter { !taken.contains($0.origin) }, as: .restoring)
        try await end(entries.filter { taken.contains($0.origin) }, as: .restoring, givingBack: true)
        return taken
    }

    /// Frees the chunks of claimed references, and ends the claims. `chunks` returns the numbers of
    /// the chunks of an identifier.
    func free(
        _ entries: [Holding.Entry], counter: ProgressCounter? = nil,
        chunks: @escaping @Sendable (BlobIdentifier) async throws -> [Int]
    ) async throws {
        _ = try await writer.each(entries) { entry in
            defer { counter?.advance() }
            try await removeChunks(of: entry.blob, try await chunks(entry.blob))
        }
        try await end(entries, as: .freeing)
    }

    /// Follows every claim in the holding to its end, also the claims of a process that crashed or
    /// stalled.
    func follow() async throws {
        let claimed = (try await reader.holding(path)?.entries ?? []).filter { $0.claim != nil }
        _ = try await restore([claimed.filter { $0.claim == .restoring }])
        try await free(claimed.filter { $0.claim == .freeing }) { blob in
            try await reader.layout(of: blob).chunks.filter { $0.state != .missing }.map(\.index)
        }
    }

    /// Removes the chunks of an identifier: the last first, chunk 0 at the end, since only chunk 0
    /// says how many there are. A chunk that is already gone does not matter; any other error
    /// stops.
    private func removeChunks(of blob: BlobIdentifier, _ indices: [Int]) async throws {
        let later = indices.filter { $0 > 0 }.sorted(by: >)
        if !later.isEmpty {
            _ = try await writer.each(later) { index in try await writer.remove(blob.chunk(index), for: path) }
        }
        try await writer.remove(blob.chunk(0), for: path)
    }

    // MARK: - Renaming keys

    /// The number of keys that one operation renames.
    private static let batch = 2000

    private struct Renaming: Sendable {
        let entry: Holding.Entry
        let old: ByteString
        let new: ByteString?
    }

    /// Renames or removes keys, each if it has its identifier. Returns the entries that were
    /// renamed or removed.
    private func rename(
        _ entries: [Holding.Entry], _ keys: (Holding.Entry) -> (old: ByteString, new: ByteString?)
    ) async throws -> Set<Holding.Entry> {
        var done: Set<Holding.Entry> = []
        for entries in entries.chunks(ofCount: Claims.batch) {
            done.formUnion(
                try await rename(
                    entries.map { entry in
                        let (old, new) = keys(entry)
                        return Renaming(entry: entry, old: old, new: new)
                    }))
        }
        return done
    }

    /// Renames the keys that have their identifiers by one operation. Its guard is the version at
    /// which they were read, which costs an OSD less than a comparison of each key; if the holding
    /// has changed since, they are read again.
    private func rename(_ batch: [Renaming]) async throws -> [Holding.Entry] {
        let object = StorageReader.directory(path)
        for _ in 0..<StorageWriter.attempts {
            let reading = try await keys(batch.map(\.old))
            let there = batch.filter { reading.values[$0.old] == $0.entry.blob.value }
            if there.isEmpty { return [] }
            let new = there.compactMap { renaming in renaming.new.map { ($0, renaming.entry.blob.value) } }
            var mutations: [WriteOperation.Mutation] = [.removeOmap(there.map(\.old))]
            if !new.isEmpty { mutations.append(.setOmap(Dictionary(new) { first, _ in first })) }
            let isDone = try await writer.perform(
                WriteOperation(guards: [reading.unchanged], mutations), on: object, for: path
            ) {
                let now = try await keys(there.flatMap { [$0.old, $0.new].compactMap(\.self) })
                if there.allSatisfy({ now.values[$0.old] != nil }) { return false }
                return there.allSatisfy { renaming in
                    now.values[renaming.old] == nil && renaming.new.map { now.values[$0] != nil } ?? true
                } ? true : nil
            }
            if isDone { return there.map(\.entry) }
        }
        throw StorageWriter.contention(object)
    }

    /// Reads keys of the holding.
    private func keys(_ keys: [ByteString]) async throws -> KeyReading {
        KeyReading(
            try await reader.objects.read(ReadOperation(omap: .keys(keys)), of: StorageReader.directory(path)))
    }
}
