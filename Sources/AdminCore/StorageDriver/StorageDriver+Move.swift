extension StorageDriver {
    /// A file that changes its path: the identifier stays, no data moves.
    struct FileMove: Hashable, Sendable {
        let blob: BlobIdentifier
        let source: StoragePath
        let destination: StoragePath
        /// The identifier at the destination that is replaced; nil if there must be none.
        var replaces: BlobIdentifier?
        /// True if there was no chunk 0 when the move began: its absence later says nothing.
        var isBare = false
        /// True if this reference goes where another one to the same identifier turns up: an unfinished upload, which
        /// a registry finished meanwhile. Of such a pair the registry's own purge kills both (docs/layout.md#d6).
        var yields = false
    }

    /// Moves a file, or a directory with everything below it. `overwrite` replaces a file at the destination;
    /// directories are never merged. Onto itself: nothing changes. Throws `StorageError.notFound`, `.alreadyExists`,
    /// `.notADirectory`, `.intoItself`, `.changedMeanwhile`; then the source is as it was, or as somebody else made it.
    public func move(_ source: StoragePath, to destination: StoragePath, overwrite: Bool = false) async throws {
        guard !source.isRoot, !destination.isRoot else { throw StorageError.invalidPath("/") }
        let status = try await reader.stat(source)
        if source == destination { return }
        try await checkWay(to: destination)
        let what = "move \(source) to \(destination)"
        switch status.kind {
        case .file(let blob):
            let present = try await presentIdentifier(destination)
            if present != nil, !overwrite { throw StorageError.alreadyExists(destination) }
            try await move(
                [FileMove(blob: blob, source: source, destination: destination, replaces: present)], what,
                emptying: [source.parent])
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
                }, what, emptying: [source] + found.compactMap(\.subdirectory))
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

    /// Moves files: a source that somebody else changed meanwhile is left, and its destination undone; then this throws
    /// `.changedMeanwhile` at the end.
    private func move(_ files: [FileMove], _ what: String, emptying directories: [StoragePath]) async throws {
        let changed = try await moving([files], what) {
            try await each(files.reversed()) { file in
                try await leaveSource(file) ? nil : file
            }.compactMap(\.self)
        } then: { changed in
            try await prune(directories + changed.map(\.destination.parent))
            return changed
        }
        if let first = changed.first { throw StorageError.changedMeanwhile(first.source) }
    }

    /// A move of files (docs/safety.md#3-the-steps), whole: the intent, then all destinations, stage by stage;
    /// `leave` lets the sources vanish, by `leaveSource`, and `then` what they leave empty, up to `floor`. Where one
    /// of the first two fails, everything is taken back, and this throws its error. The intent stays until the delay
    /// is over, and then the files are looked at once more.
    func moving<Left: Sendable, Value: Sendable>(
        _ stages: [[FileMove]], _ what: String, below floor: StoragePath = .root,
        leave: () async throws -> Left, then: (Left) async throws -> Value
    ) async throws -> Value {
        let stages = try await markingBare(stages)
        let intent = try await journal.begin(.move(stages, floor: floor, keepsDirectories: false), what)
        let left = try await takingBack(intent, stages) {
            try await makeDestinations(stages)
            try await goOn(with: intent, to: .leaving)
            let left = try await leave()
            try await goOn(with: intent, to: .left)
            return left
        }
        do {
            let value = try await then(left)
            try await closing(intent, as: .settled)
            return value
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Throws `StorageError.takenOver` if the intent is not ours any more.
    func goOn(with intent: OpenIntent, to state: Intent.State) async throws {
        guard try await intent.advance(to: state) else { throw StorageError.takenOver(await intent.intent.place) }
    }

    /// Which files have no chunk 0 to begin with.
    func markingBare(_ stages: [[FileMove]]) async throws -> [[FileMove]] {
        var marked = stages
        for (index, files) in stages.enumerated() {
            marked[index] = try await concurrentMap(files, window: reader.window) { file in
                var file = file
                file.isBare = try await reader.objects.read(.stat, of: file.blob.chunk(0)) == nil
                return file
            }
        }
        return marked
    }

    /// The first half of a move: the references at the destinations, stage by stage, each with the directories above
    /// it. Throws `.alreadyExists` where one of them is taken.
    private func makeDestinations(_ stages: [[FileMove]]) async throws {
        for files in stages {
            _ = try await each(files.filter { $0.replaces != nil }) { try await replaceDestination($0) }
            let new = files.filter { $0.replaces == nil }
            let taken = try await publish(new.map { ($0.destination, $0.blob) })
            if let first = taken.min() { throw StorageError.alreadyExists(first) }
            try await linkUp(Set(files.map(\.destination.parent)))
        }
    }

    private func replaceDestination(_ file: FileMove) async throws {
        guard let present = file.replaces else { return }
        guard try await exchange(present, for: file.blob, at: file.destination) else {
            throw StorageError.changedMeanwhile(file.destination)
        }
    }

    /// The second half for one file: the reference at the source goes if it still is the same one; otherwise the
    /// destination is undone. False in the latter case.
    func leaveSource(_ file: FileMove) async throws -> Bool {
        if try await exchange(file.blob, for: nil, at: file.source) { return true }
        _ = try await exchange(file.blob, for: file.replaces, at: file.destination)
        return false
    }
}
