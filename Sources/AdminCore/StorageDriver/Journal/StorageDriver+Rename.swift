import Foundation

/// What is said of a holding, and where its references go back to, changed.
extension StorageDriver {
    /// Lets the references of a holding that come from below `old` go back to below `new` instead, and calls it `name`. One operation up to
    /// 10,000 references: until it is done nothing has changed, and nothing leaves the holding by it. Throws
    /// `StorageError.changedMeanwhile` if somebody else has changed the holding since it was read.
    func rename(_ holding: Holding, from old: StoragePath, to new: StoragePath, named name: String) async throws {
        let moved = holding.entries.filter { $0.claim == nil && ($0.origin == old || $0.origin.isBelow(old)) }
        // A look after the delay would miss these references where they were, and search the whole pool for them.
        try await journal.forget(Set(moved.map(\.blob)), of: holding.path)
        for start in stride(from: 0, to: moved.count, by: StorageDriver.renamingBatch) {
            let batch = moved[start..<min(start + StorageDriver.renamingBatch, moved.count)]
            var entries: [ByteString: [UInt8]] = [:]
            for entry in batch {
                let tail = Array(entry.origin.components.dropFirst(old.components.count))
                entries[Holding.key(new.appending(.literal(tail)))] = entry.blob.value
            }
            let keys = batch.map { Holding.key($0.origin) }
            let isLast = start + StorageDriver.renamingBatch >= moved.count
            var note = holding.note
            note?.name = name
            try await change(
                holding.path, note: isLast ? note : nil, [.removeOmap(keys), .setOmap(entries)], setting: entries,
                requiring: batch)
        }
    }

    /// Writes down when the last reference of a holding was gone from its place: now. For one that does not say it, because whoever made it
    /// was interrupted, or because what it says cannot be read: from now on it is as old as any other.
    func date(_ holding: Holding, _ note: Holding.Note) async throws {
        var note = note
        note.unlinked = policy.now
        try await change(holding.path, note: note, [], setting: [:], requiring: [])
    }

    /// How many references one operation renames.
    private static let renamingBatch = 10_000

    private func change(
        _ path: StoragePath, note: Holding.Note?, _ mutations: [WriteOperation.Mutation],
        setting new: [ByteString: [UInt8]], requiring old: ArraySlice<Holding.Entry>
    ) async throws {
        let object = StorageReader.directory(path)
        let value = try note.map(Holding.encode)
        let keys = old.map { Holding.key($0.origin) }
        guard
            let state = try await reader.objects.read(
                ReadOperation(omap: keys.isEmpty ? nil : .keys(keys.sorted())), of: object),
            state.omap.count == keys.count
        else { throw StorageError.changedMeanwhile(path) }
        let applied = try await perform(
            WriteOperation(
                guards: [.version(state.version)],
                mutations + (value.map { [.setXattr(name: Holding.xattr, value: $0)] } ?? [])),
            on: object, for: path
        ) { [reader] in
            if let key = new.keys.first { return try await reader.value(of: key, in: object) != nil }
            return try await reader.objects.read(ReadOperation(xattrs: true), of: object)?.xattrs[Holding.xattr]
                == value
        }
        guard applied else { throw StorageError.changedMeanwhile(path) }
    }
}
