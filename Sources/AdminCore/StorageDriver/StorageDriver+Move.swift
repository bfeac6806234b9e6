extension StorageDriver {
    /// A file that changes its path: the identifier stays, no data moves.
    struct FileMove: Hashable, Sendable {
        let blob: BlobIdentifier
        let source: StoragePath
        let destination: StoragePath
        /// The identifier at the destination that is replaced; nil if there must be none.
        var replaces: BlobIdentifier?
    }

    /// Moves a file, or a directory with everything below it. `overwrite` replaces a file at the destination; directories are never
    /// merged. Onto itself: nothing changes. Throws `StorageError.notFound`, `.alreadyExists`, `.notADirectory`, `.intoItself`,
    /// `.changedMeanwhile`; then the source is as it was, or as somebody else made it.
    public func move(_ source: StoragePath, to destination: StoragePath, overwrite: Bool = false) async throws {
        guard !source.isRoot, !destination.isRoot else { throw StorageError.invalidPath("/") }
        let status = try await reader.stat(source)
        if source == destination { return }
        try await checkWay(to: destination)
        switch status.kind {
        case .file(let blob):
            let present = try await presentIdentifier(destination)
            if present != nil, !overwrite { throw StorageError.alreadyExists(destination) }
            try await move([FileMove(blob: blob, source: source, destination: destination, replaces: present)])
            try await prune([source.parent])
        case .directory:
            guard !destination.isBelow(source) else { throw StorageError.intoItself(source, destination) }
            do {
                _ = try await reader.stat(destination)
                throw StorageError.alreadyExists(destination)
            } catch StorageError.notFound {}
            let found = try await reader.walk(source)
            let depth = source.components.count
            try await move(
                found.compactMap(\.file).map { path, blob in
                    FileMove(
                        blob: blob, source: path,
                        destination: destination.appending(.literal(Array(path.components.dropFirst(depth)))))
                })
            try await prune([source] + found.compactMap(\.subdirectory))
        }
    }

    private func presentIdentifier(_ path: StoragePath) async throws -> BlobIdentifier? {
        do {
            return try await reader.blob(path)
        } catch StorageError.notFound {
            return nil
        } catch StorageError.isDirectory {
            throw StorageError.alreadyExists(path)
        }
    }

    /// Moves files (`SAFETY` §3): all of them appear at their destinations before the first one vanishes at its source. A source that
    /// somebody else changed meanwhile is left, and its destination undone; then this throws `.changedMeanwhile` at the end.
    private func move(_ files: [FileMove]) async throws {
        try await makeDestinations([files])
        let changed = try await takingBack([files], leaving: true) {
            try await each(files.reversed()) { file in
                try await leaveSource(file) ? nil : file.source
            }.compactMap(\.self)
        }
        if let first = changed.first { throw StorageError.changedMeanwhile(first) }
    }

    /// The first half of a move: the references at the destinations, stage by stage, each with the directories above it. Where one of
    /// them is taken, those made before are undone and this throws `.alreadyExists`.
    func makeDestinations(_ stages: [[FileMove]]) async throws {
        try await takingBack(stages, leaving: false) {
            for files in stages {
                _ = try await each(files) { try await makeDestination($0) }
                try await linkUp(Set(files.map(\.destination.parent)))
            }
        }
    }

    private func makeDestination(_ file: FileMove) async throws {
        let destination = file.destination
        if let present = file.replaces {
            guard try await exchange(present, for: file.blob, at: destination) else {
                throw StorageError.changedMeanwhile(destination)
            }
        } else if case .taken = try await insert(file.blob.value, as: destination.name, into: destination.parent) {
            throw StorageError.alreadyExists(destination)
        }
    }

    /// The second half for one file: the reference at the source goes if it still is the same one; otherwise the destination is undone.
    /// False in the latter case.
    func leaveSource(_ file: FileMove) async throws -> Bool {
        if try await exchange(file.blob, for: nil, at: file.source) { return true }
        _ = try await exchange(file.blob, for: file.replaces, at: file.destination)
        return false
    }
}
