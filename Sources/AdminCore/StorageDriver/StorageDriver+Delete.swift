extension StorageDriver {
    /// Removes the file at a path, or the directory with everything below it; directories that become empty vanish,
    /// unless the pool is full. Siblings stay.
    /// Throws `StorageError.notFound`; `.changedMeanwhile` for a file that somebody else replaced meanwhile, which
    /// then stays.
    ///
    /// Only references are dropped, each guarded by its identifier: whether somebody else refers to the same chunks,
    /// or is about to, cannot be known here (docs/safety.md#1-freeing), so the chunks are left to a collection, which
    /// finds them by enumeration. Entries that are invalid stay, and the directory they are in.
    public func delete(_ path: StoragePath) async throws {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        guard case .directory = try await reader.stat(path).kind else {
            let blob = try await reader.blob(path)
            try await journal.forget([blob], of: path)
            guard try await isSole(path) else { return try await unlink(path, blob) }
            _ = try await pruning([path.parent]) { try await unlink(path, blob) }
            return
        }
        let found = try await reader.walk(path)
        try await journal.forget(Set(found.compactMap(\.file?.blob)), of: path)
        let changed = try await pruning([path] + found.compactMap(\.subdirectory)) {
            try await each(found.compactMap(\.file)) { file in
                try await exchange(file.blob, for: nil, at: file.path) ? nil : file.path
            }.compactMap(\.self)
        }.value
        if let first = changed.first { throw StorageError.changedMeanwhile(first) }
    }

    /// Whether nothing else is in the directory of a path.
    private func isSole(_ path: StoragePath) async throws -> Bool {
        let state = try await reader.objects.read(
            ReadOperation(omap: .page(after: nil, limit: 2)), of: StorageReader.directory(path.parent))
        return state?.omap.allSatisfy { $0.key == ByteString(path.name) } ?? true
    }

    /// Drops the reference at a path if it still is `blob`. Throws `StorageError.changedMeanwhile` otherwise. Leaves
    /// directories alone.
    func unlink(_ path: StoragePath, _ blob: BlobIdentifier) async throws {
        guard try await exchange(blob, for: nil, at: path) else { throw StorageError.changedMeanwhile(path) }
    }
}

extension WalkEntry {
    /// The path and the identifier, if it is a file.
    var file: (path: StoragePath, blob: BlobIdentifier)? {
        guard case .file(let blob) = entry.kind, let path else { return nil }
        return (path, blob)
    }

    /// The path, if it is a directory.
    var subdirectory: StoragePath? {
        guard case .directory = entry.kind else { return nil }
        return path
    }
}
