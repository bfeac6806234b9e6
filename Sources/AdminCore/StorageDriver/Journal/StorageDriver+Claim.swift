/// Claims close the race between freeing and restoring (docs/safety.md#1-freeing): whoever renames the key goes on,
/// and so does any recovery.
extension StorageDriver {
    /// `cas(T, e → claim.e)` for references of a holding. Gives those that are claimed now; of the others somebody
    /// else was quicker.
    func claim(
        _ entries: [Holding.Entry], as claim: Holding.Entry.Claim, in path: StoragePath
    ) async throws -> Set<Holding.Entry> {
        try await rename(entries, in: path) { (Holding.key($0.origin), Holding.key($0.origin, claim)) }
    }

    /// Ends claims: the keys go, or go back to what they were. What is gone already does not matter.
    func unclaim(
        _ entries: [Holding.Entry], as claim: Holding.Entry.Claim, givingBack: Bool = false, in path: StoragePath
    ) async throws {
        _ = try await rename(entries, in: path) {
            (Holding.key($0.origin, claim), givingBack ? Holding.key($0.origin) : nil)
        }
    }

    /// How many keys one operation renames.
    private static let renames = 500

    /// Renames or removes keys, each guarded by its identifier. Gives the entries for which that was done.
    ///
    /// Many at once, all or none, since a holding is one object whose operations follow each other anyway; where one
    /// of them refuses, each for itself.
    private func rename(
        _ entries: [Holding.Entry], in path: StoragePath, _ keys: (Holding.Entry) -> (old: ByteString, new: ByteString?)
    ) async throws -> Set<Holding.Entry> {
        var done: Set<Holding.Entry> = []
        for start in stride(from: 0, to: entries.count, by: StorageDriver.renames) {
            let batch = entries[start..<min(start + StorageDriver.renames, entries.count)].map { entry in
                let (old, new) = keys(entry)
                return Renaming(entry: entry, old: old, new: new)
            }
            if try await rename(batch, in: path) {
                done.formUnion(batch.map(\.entry))
            } else if batch.count > 1 {
                let single = try await each(batch) { try await rename([$0], in: path) ? $0.entry : nil }
                done.formUnion(single.compactMap(\.self))
            }
        }
        return done
    }

    private struct Renaming: Sendable {
        let entry: Holding.Entry
        let old: ByteString
        let new: ByteString?
    }

    /// All of them or none: false if one of the old keys has another value, or is gone.
    private func rename(_ batch: [Renaming], in path: StoragePath) async throws -> Bool {
        let object = StorageReader.directory(path)
        let new = batch.compactMap { renaming in renaming.new.map { ($0, renaming.entry.blob.value) } }
        var mutations: [WriteOperation.Mutation] = [.removeOmap(batch.map(\.old))]
        if !new.isEmpty { mutations.append(.setOmap(Dictionary(new) { first, _ in first })) }
        return try await perform(
            WriteOperation(
                guards: batch.map { .omapValue(key: $0.old, equals: $0.entry.blob.value) }, mutations), on: object,
            for: path
        ) { [reader] in
            // Any one tells for all.
            guard let any = batch.first else { return true }
            let omap =
                try await reader.objects.read(
                    ReadOperation(omap: .keys([any.old, any.new].compactMap(\.self))), of: object)?.omap ?? []
            if omap.contains(where: { $0.key == any.old }) { return false }
            return any.new == nil || omap.contains { $0.key == any.new } ? true : nil
        }
    }
}
