import ObjectStore

/// A path at which a file is about to be written.
struct FilePlace: Sendable {
    /// The identifier of the file that is there; nil if there is none.
    let blob: BlobIdentifier?
    /// True if all directories above the path are listed.
    let isListed: Bool
    /// The directory of the path, with the key of the file.
    let reading: KeyReading
}

extension StorageReader {
    /// Reads keys of a directory. Tasks that ask about the same directory at once share the reads.
    func keys(_ names: [String], of directory: StoragePath) async throws -> KeyReading {
        try await keyReader.read(names.map { ByteString($0) }, of: StorageReader.directory(directory))
    }

    /// Reads the keys of directories in the directories above them, one read for each of these.
    func listings(
        of directories: some Sequence<StoragePath> & Sendable
    ) async throws -> [(parent: StoragePath, children: [StoragePath], reading: KeyReading)] {
        let families = StoragePath.families(of: Array(directories))
        return try await concurrentMap(families, window: window) { parent, children in
            (parent, children, try await keys(children.map(\.name), of: parent))
        }
    }

    /// Looks at a path at which a file is about to be written. Throws `StorageError.notADirectory`
    /// if a directory above it is a file, `.isDirectory` if it is a directory, also one that is not
    /// listed, and `StoreError` of kind `.invalid` if no object can be its directory.
    func place(_ path: StoragePath) async throws -> FilePlace {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        let directory = StorageReader.directory(path.parent)
        if let reason = directory.violation {
            throw StoreError(.invalid, operation: "write", object: directory, reason: reason)
        }
        let (isListed, (reading, object)) = try await both {
            try await checkWays(through: [path.parent])
        } and: {
            try await both {
                try await keys([path.name], of: path.parent)
            } and: {
                try await self.directory(path, .stat)
            }
        }
        let key = ByteString(path.name)
        let entry = reading.values[key].map { DirectoryEntry(OmapEntry(key: key, value: $0), in: path.parent) }
        switch entry?.kind {
        case .file(let blob): return FilePlace(blob: blob, isListed: isListed, reading: reading)
        case .directory: throw StorageError.isDirectory(path)
        case .invalid(let why): throw StorageError.damaged(path, why)
        case nil:
            if object != nil { throw StorageError.isDirectory(path) }
            return FilePlace(blob: nil, isListed: isListed, reading: reading)
        }
    }

    /// Checks that files can be written in these directories, which are valid names of objects.
    /// True if all of them and all directories above them are listed. Throws
    /// `StorageError.notADirectory` if one of them is a file.
    @discardableResult
    func checkWays(through directories: Set<StoragePath>) async throws -> Bool {
        var isListed = true
        for (parent, children, reading) in try await listings(of: StoragePath.levels(of: directories).joined()) {
            for child in children {
                let key = ByteString(child.name)
                guard let value = reading.values[key] else {
                    isListed = false
                    continue
                }
                if case .file = DirectoryEntry(OmapEntry(key: key, value: value), in: parent).kind {
                    throw StorageError.notADirectory(child)
                }
            }
        }
        return isListed
    }

    /// Answers two questions at once; one after the other where the store allows one operation. The
    /// error of the first one wins.
    func both<First: Sendable, Second: Sendable>(
        _ first: @escaping @Sendable () async throws -> First,
        and second: @escaping @Sendable () async throws -> Second
    ) async throws -> (First, Second) {
        guard window > 1 else { return (try await first(), try await second()) }
        async let other = second()
        let one = try await first()
        return (one, try await other)
    }
}
