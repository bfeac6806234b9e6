extension StorageDriver {
    /// Executes an operation and resolves an unknown outcome by reading back, never by repeating it.
    ///
    /// True: it was applied. False: a guard refused it. Throws the store's error if it was not done, and
    /// `StorageError.outcomeUnknown` if the answer did not come and `landed` could not find out, or says nil:
    /// somebody else has changed the place since, so that either may be true. `landed` is asked in a task of its own,
    /// so that a cancelled caller still learns the truth; it sees what the operation did, since a store answers one
    /// client's operations on one object in their order.
    func perform(
        _ operation: WriteOperation, on object: ObjectID, for path: StoragePath,
        landed: @escaping @Sendable () async throws -> Bool?
    ) async throws -> Bool {
        var operation = operation
        operation.modified = modified
        switch await writer.apply(operation, to: object) {
        case .applied: return true
        case .refused: return false
        case .failed(let error): throw error
        case .unknown(let error):
            let answer = await Task { try await landed() }.result
            guard let done = (try? answer.get()) ?? nil else { throw StorageError.outcomeUnknown(path, error) }
            guard done else { throw error }
            return true
        }
    }

    /// `absent(d, k, v)` of docs/safety.md, for many keys of one directory at once: sets those that are not there,
    /// creating the directory's object if need be. Guarded by the version (or the absence) of the object, so nothing
    /// that somebody else inserts meanwhile is overwritten. Gives the keys that are there with another value, which
    /// stays.
    ///
    /// At once, because each insertion changes the version: side by side our own would refuse each other.
    func insert(_ entries: [ByteString: [UInt8]], into directory: StoragePath) async throws -> Set<ByteString> {
        var taken: Set<ByteString> = []
        let keys = entries.keys.sorted()
        for start in stride(from: 0, to: keys.count, by: StorageDriver.insertionBatch) {
            let batch = keys[start..<min(start + StorageDriver.insertionBatch, keys.count)]
            taken.formUnion(
                try await insertBatch(entries.filter { batch.contains($0.key) }, into: directory))
        }
        return taken
    }

    private func insertBatch(_ entries: [ByteString: [UInt8]], into directory: StoragePath) async throws -> Set<
        ByteString
    > {
        let object = StorageReader.directory(directory)
        for _ in 0..<StorageDriver.attempts {
            let state = try await reader.objects.read(ReadOperation(omap: .keys(entries.keys.sorted())), of: object)
            var absent = entries
            var taken: Set<ByteString> = []
            for present in state?.omap ?? [] {
                if present.value != entries[present.key] { taken.insert(present.key) }
                absent[present.key] = nil
            }
            guard let (key, value) = absent.first else { return taken }
            // The root of a new pool points at itself, as the old driver's does.
            if directory.isRoot, state == nil { absent[StorageReader.rootKey] = [] }
            let condition: WriteOperation.Guard = state.map { .version($0.version) } ?? .doesNotExist
            let applied = try await perform(
                WriteOperation(guards: [condition], [.setOmap(absent)]), on: object, for: directory
            ) { [reader] in
                let present = try await reader.objects.read(ReadOperation(omap: .keys([key])), of: object)
                if present?.omap.first?.value == value { return true }
                return present?.version == state?.version ? false : nil
            }
            if applied { return taken }
        }
        throw StorageDriver.contention(object)
    }

    /// The same for files in any directories. Gives the paths that are taken. Their directories are to be linked up
    /// then.
    func publish(_ files: some Sequence<(path: StoragePath, blob: BlobIdentifier)>) async throws -> Set<StoragePath> {
        let directories = Dictionary(grouping: files, by: \.path.parent).sorted { $0.key < $1.key }
        let taken = try await each(directories) { directory, files in
            let entries = files.map { (ByteString($0.path.name), $0.blob.value) }
            let taken = try await insert(Dictionary(entries) { first, _ in first }, into: directory)
            return files.map(\.path).filter { taken.contains(ByteString($0.name)) }
        }
        return Set(taken.joined())
    }

    /// How many keys one insertion sets.
    private static let insertionBatch = 1000

    /// `cas(d, k, a → b)` of docs/safety.md: replaces an identifier in a directory, or removes the key if `new` is
    /// nil. False if the key has another value by now, or is gone.
    func exchange(_ old: BlobIdentifier, for new: BlobIdentifier?, at path: StoragePath) async throws -> Bool {
        let object = StorageReader.directory(path.parent)
        let key = ByteString(path.name)
        return try await perform(
            WriteOperation(
                guards: [.omapValue(key: key, equals: old.value)],
                [new.map { .setOmap([key: $0.value]) } ?? .removeOmap([key])]),
            on: object, for: path
        ) { [reader] in
            let value = try await reader.value(of: key, in: object)
            if value == old.value { return false }
            return new == nil || value == new?.value ? true : nil
        }
    }

    /// How often a guarded step begins again before somebody else's writing is called contention. Every round lost is
    /// a write of somebody else that succeeded.
    static let attempts = 1000

    static func contention(_ object: ObjectID) -> StoreError {
        StoreError(.busy, operation: "change", object: object, reason: "others changed it again and again meanwhile")
    }
}

extension StorageReader {
    /// The value of one key; nil if there is no such key or object.
    func value(of key: ByteString, in object: ObjectID) async throws -> [UInt8]? {
        try await objects.read(ReadOperation(omap: .keys([key])), of: object)?.omap.first?.value
    }
}
