public import ObjectStore
public import Foundation

/// The whole storage driver: reads by `StorageReader`, and changes in the order and with the guards
/// of docs/safety.md#3-the-steps. A change that a crash could interrupt half-way is written in the
/// journal first; `recover` takes it back or ends it.
///
/// Concurrency: a value; every method may be called from any task, and beside other writers: guards
/// decide. Errors: `StorageError`, and `StoreError` from below.
public struct StorageDriver: Sendable {
    /// The guarded steps on single objects.
    package var writer: StorageWriter
    /// Makes the identifier of a new file.
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier
    /// The settings of the journal: the delay, the owner and the clock.
    public var policy: JournalPolicy

    /// A driver that reads through `reader` and changes through `writer`, which must be the same
    /// store.
    ///
    /// - Parameters:
    ///   - reader: The tree of the store.
    ///   - writer: Writes to the store.
    ///   - modified: The modification time to record; nil for now. For samples.
    ///   - policy: The delay, the owner and the clock of the journal.
    ///   - makeIdentifier: Makes the identifier of a new file. For samples and tests; random by
    ///     default.
    public init(
        reader: StorageReader, writer: any ObjectWriter, modified: Date? = nil, policy: JournalPolicy,
        makeIdentifier: @escaping @Sendable (StoragePath) -> BlobIdentifier = { _ in .random() }
    ) {
        self.writer = StorageWriter(reader: reader, objects: writer, modified: modified)
        self.policy = policy
        self.makeIdentifier = makeIdentifier
    }

    /// The reading half.
    public var reader: StorageReader { writer.reader }

    package var journal: Journal { Journal(writer: writer, policy: policy) }
    package var pruner: DirectoryPruner { DirectoryPruner(journal: journal) }
    package var mover: FileMover { FileMover(journal: journal) }
    package var copier: LinkCopier { LinkCopier(journal: journal, makeIdentifier: makeIdentifier) }
    package var prover: ReferenceProver { ReferenceProver(journal: journal) }
    package var repair: FileRepair { FileRepair(journal: journal, makeIdentifier: makeIdentifier) }

    /// The trash and the quarantine.
    public var holdings: Holdings { Holdings(journal: journal) }

    /// Takes back or ends every change in the journal whose owner is gone, and makes the last look
    /// at those whose delay is over (docs/safety.md#recover). Leaves watches alone:
    /// `RegistryAdmin.recover` looks at them.
    ///
    /// Several processes may recover at once. Each change has its own outcome; throws `StoreError`
    /// only if the journal itself cannot be read or tidied up.
    public func recover(progress: ProgressHandler? = nil) async throws -> [Recovery] {
        try await JournalRecovery(journal: journal).run(progress: progress)
    }

    // MARK: - Writing

    /// Makes `bytes` the content of the file at `path`, whether or not it exists: all or nothing.
    /// Makes the directories above it.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - bytes: The whole content.
    ///   - modified: The modification time of the file; nil for now.
    /// - Throws: `StorageError.isDirectory`, `.notADirectory`, `.changedMeanwhile`.
    public func putContent(
        _ path: StoragePath, _ bytes: some Sequence<UInt8> & Sendable, modified: Date? = nil
    ) async throws {
        let writer = try await replacing(path, modified: modified)
        do {
            try await writer.write(bytes)
        } catch {
            await writer.cancel()
            throw error
        }
        try await writer.commit()
    }

    /// A writer whose bytes become the whole content of the file at `path`, whether or not it
    /// exists.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - modified: The modification time of the file, for a copy; nil for now. The directories
    ///     have the present time.
    public func replacing(_ path: StoragePath, modified: Date? = nil) async throws -> FileWriter {
        let place = try await reader.place(path)
        return FileWriter(
            makeIdentifier(path), journal: journal, path: path,
            base: place.blob.map { FileWriter.Base(blob: $0, head: nil) }, isListed: place.isListed,
            reading: place.reading, modified: modified)
    }

    /// A writer that continues the file at `path` from `offset`, or makes the file. The bytes
    /// before `offset` and behind the last byte written stay; a gap behind the end becomes zeros.
    ///
    /// - Throws: `StorageError.invalidOffset` if `offset` is negative, `.damaged` if the bytes to
    ///   be kept cannot be read.
    public func writer(_ path: StoragePath, offset: Int64) async throws -> FileWriter {
        let place = try await reader.place(path)
        var base: FileWriter.Base?
        if let blob = place.blob {
            let layout = try await reader.layout(of: blob)
            guard layout.holes.isEmpty, layout.head.state != .missing, layout.head.state != .badSize,
                !layout.chunks.contains(where: { $0.state == .long && $0.length ?? 0 > reader.chunkSize })
            else { throw StorageError.damaged(path, "\(blob) has to be repaired before it can be written to") }
            base = FileWriter.Base(blob: blob, head: layout.head)
        }
        guard offset >= 0, UInt64(offset) <= TotalSize.limit else {
            throw StorageError.invalidOffset(path, offset: offset, size: base?.head?.size ?? 0)
        }
        let writer = FileWriter(
            makeIdentifier(path), journal: journal, path: path, base: base, isListed: place.isListed,
            reading: place.reading)
        do {
            try await writer.copy(upTo: UInt64(offset))
        } catch {
            await writer.cancel()
            throw error
        }
        return writer
    }

    // MARK: - Freeing

    /// Frees every orphan in the pool. Only for a pool to which nothing else writes, no other
    /// regtop either: the chunks of a file that is being written look like orphans.
    ///
    /// - Returns: the number of identifiers, and of objects that were removed.
    /// - Throws: `StorageError.journal` while a change is open, or if the delay is not 0;
    ///   `StoreError`.
    public func freeUnreferenced(progress: ProgressHandler? = nil) async throws -> (blobs: Int, objects: Int) {
        guard policy.delay == 0 else {
            throw StorageError.journal("while registries may be writing, nothing is freed without a delay")
        }
        let all = try await PoolScan(reader.objects, .namespace("")).fold(into: Set<BlobIdentifier>()) { page in
            page.compactMap { BlobIdentifier.parse(chunkName: $0.name)?.blob }
        } take: { all, blobs in
            all.formUnion(blobs)
            return .goOn
        }
        let census = try await prover.references(to: all, progress: progress)
        let orphans = all.filter { census.places[$0] == nil }
        let removed = try await writer.each(orphans) { blob in
            let later = census.chunks.indices(of: blob).filter { $0 > 0 }.sorted(by: >)
            let gone = try await writer.each(later) { index in try await writer.remove(blob.chunk(index), for: .root) }
            return try await gone.count(where: \.self) + (writer.remove(blob.chunk(0), for: .root) ? 1 : 0)
        }
        return (orphans.count, removed.reduce(0, +))
    }

    // MARK: - Deleting

    /// Removes the file at a path, or the directory with everything below it, and the directories
    /// that become empty, unless the pool is full. Throws `StorageError.notFound`;
    /// `.changedMeanwhile` if another process replaced a file meanwhile; that file stays.
    ///
    /// Only references are removed, each guarded by its identifier. Whether something else refers
    /// to the same chunks, or is about to, cannot be known here (docs/safety.md#1-freeing), so the
    /// chunks are left to a collection. Invalid entries stay, and so do their directories.
    public func delete(_ path: StoragePath) async throws {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        guard case .directory = try await reader.stat(path).kind else {
            let blob = try await reader.blob(path)
            try await journal.forget([blob], of: path)
            guard try await isSole(path) else { return try await unlink(path, blob) }
            _ = try await pruner.prune([path.parent]) { try await unlink(path, blob) }
            return
        }
        let found = try await reader.walk(path)
        try await journal.forget(Set(found.compactMap(\.file?.blob)), of: path)
        let changed = try await pruner.prune([path] + found.compactMap(\.subdirectory)) {
            try await writer.remove(found.compactMap(\.file))
        }.value
        if let first = changed.first { throw StorageError.changedMeanwhile(first) }
    }

    /// True if the directory of a path holds nothing else.
    private func isSole(_ path: StoragePath) async throws -> Bool {
        let state = try await reader.objects.read(
            ReadOperation(omap: .page(after: nil, limit: 2)), of: StorageReader.directory(path.parent))
        return state?.omap.allSatisfy { $0.key == ByteString(path.name) } ?? true
    }

    /// Removes the reference at a path if it is `blob`; throws `StorageError.changedMeanwhile`
    /// otherwise. Leaves directories alone.
    func unlink(_ path: StoragePath, _ blob: BlobIdentifier) async throws {
        guard try await writer.exchange(blob, for: nil, at: path) else { throw StorageError.changedMeanwhile(path) }
    }

    // MARK: - Moving

    /// Moves a file, or a directory with everything below it. A move onto itself changes nothing.
    /// Directories are never merged. After an error the source is as it was, unless another process
    /// changed it.
    ///
    /// - Parameters:
    ///   - source: The present path.
    ///   - destination: The new path.
    ///   - overwrite: True replaces a file at the destination.
    /// - Throws: `StorageError.notFound`, `.alreadyExists`, `.notADirectory`, `.intoItself`,
    ///   `.changedMeanwhile`; `StoreError`.
    public func move(_ source: StoragePath, to destination: StoragePath, overwrite: Bool = false) async throws {
        guard !source.isRoot, !destination.isRoot else { throw StorageError.invalidPath("/") }
        let (status, (target, basis)) = try await reader.both {
            try await reader.stat(source)
        } and: {
            try await reader.both {
                await place(ofNew: destination)
            } and: {
                try await journal.basis(for: .directories([source.parent, destination.parent], floor: .root))
            }
        }
        if source == destination { return }
        let what = "move \(source) to \(destination)"
        switch status.kind {
        case .file(let blob):
            let place = try target.get()
            if place.blob != nil, !overwrite { throw StorageError.alreadyExists(destination) }
            let file = FileMove(
                blob: blob, source: source, destination: destination, replaces: place.blob,
                isBare: status.head == .empty || status.head == .missing)
            let prepared = FileMover.Preparation(file: file, destination: place.reading, basis: basis)
            guard try await mover.move(prepared, what) else { throw StorageError.changedMeanwhile(source) }
        case .directory:
            if case .failure(let error as StorageError) = target, case .notADirectory = error { throw error }
            guard !destination.isBelow(source) else { throw StorageError.intoItself(source, destination) }
            guard try target.get().blob == nil else { throw StorageError.alreadyExists(destination) }
            let found = try await reader.walk(source)
            let files = found.compactMap(\.file).map { path, blob in
                FileMove(blob: blob, source: path, destination: path.moved(from: source, to: destination))
            }
            // A source that another process changed meanwhile stays, and its destination is undone.
            let changed = try await mover.move([files], what) {
                try await mover.leaveSources(files)
            } then: { changed in
                let directories = [source] + found.compactMap(\.subdirectory)
                try await pruner.prune(directories + changed.map(\.destination.parent))
                return changed
            }
            if let first = changed.first { throw StorageError.changedMeanwhile(first.source) }
        }
    }

    /// The place of the destination of a move. A directory there is in the way.
    private func place(ofNew path: StoragePath) async -> Result<FilePlace, any Error> {
        do {
            return .success(try await reader.place(path))
        } catch StorageError.isDirectory {
            return .failure(StorageError.alreadyExists(path))
        } catch {
            return .failure(error)
        }
    }
}
