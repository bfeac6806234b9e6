public import Foundation

/// The storage driver, whole: what `StorageReader` reads, and the changes, in the order and with the guards of
/// docs/safety.md#3-the-steps. A change that a crash could leave half-way is written in the journal first; `recover`
/// takes it back or ends it.
///
/// Concurrency: a value; every method may be called from any task, and beside other writers: guards decide. Errors:
/// `StorageError`, and `StoreError` from below.
public struct StorageDriver: Sendable {
    /// The guarded steps on single objects.
    var writer: StorageWriter
    /// Gives the identifier for a new file. For tests that compare with a dump; random otherwise.
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier
    /// How the journal is kept: how long deferred checks wait, and for whom this driver works.
    public var policy: JournalPolicy

    /// A driver that reads through `reader` and changes through `writer`, which must be the same store. `modified`: the
    /// modification time to record, nil for now; for samples whose dates lie years apart.
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

    var journal: Journal { Journal(writer: writer, policy: policy) }
    var pruner: DirectoryPruner { DirectoryPruner(journal: journal) }
    var mover: FileMover { FileMover(journal: journal) }
    var prover: ReferenceProver { ReferenceProver(journal: journal) }
    var repair: FileRepair { FileRepair(journal: journal, makeIdentifier: makeIdentifier) }

    /// The trash and the quarantine.
    public var holdings: Holdings { Holdings(journal: journal) }

    /// Takes back or ends every change in the journal whose owner is gone, and looks once more at those whose delay is
    /// over (docs/safety.md#recover). Watches are not touched: what has to be done where they look is known to whoever
    /// began them.
    ///
    /// Every step may be repeated, and may be done by several at once. Each change has its own outcome: this throws
    /// `StoreError` only where the journal itself cannot be read or tidied up.
    public func recover(progress: ProgressHandler? = nil) async throws -> [Recovery] {
        try await JournalRecovery(journal: journal).run(progress: progress)
    }

    // MARK: - Writing

    /// Makes `bytes` the content of the file at `path`, whether or not it exists: all or nothing. Directories on the
    /// way are made. Throws `StorageError.isDirectory`, `.notADirectory`, `.changedMeanwhile`.
    public func putContent(_ path: StoragePath, _ bytes: some Sequence<UInt8> & Sendable) async throws {
        let writer = try await replacing(path)
        do {
            try await writer.write(bytes)
        } catch {
            await writer.cancel()
            throw error
        }
        try await writer.commit()
    }

    /// A writer whose bytes become the whole content of the file at `path`, whether or not it exists.
    public func replacing(_ path: StoragePath) async throws -> FileWriter {
        let (blob, isListed) = try await presentFile(path)
        return FileWriter(
            makeIdentifier(path), journal: journal, path: path, base: blob.map { FileWriter.Base(blob: $0, head: nil) },
            isListed: isListed)
    }

    /// A writer that goes on at `offset` of the file at `path`: what is before stays, what is behind the last byte
    /// written stays, a gap behind the end is zeros. Where there is no file it makes one. Throws
    /// `StorageError.invalidOffset` below 0, `.damaged` if what has to be kept cannot be read.
    public func writer(_ path: StoragePath, offset: Int64) async throws -> FileWriter {
        let (blob, isListed) = try await presentFile(path)
        var base: FileWriter.Base?
        if let blob {
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
            makeIdentifier(path), journal: journal, path: path, base: base, isListed: isListed)
        do {
            try await writer.copy(upTo: UInt64(offset))
        } catch {
            await writer.cancel()
            throw error
        }
        return writer
    }

    /// The identifier of the file at a path that is about to be written, nil if there is nothing, and whether all
    /// directories on the way are listed. Refuses what would be written below a file (docs/layout.md#d10) or over a
    /// directory.
    private func presentFile(_ path: StoragePath) async throws -> (blob: BlobIdentifier?, isListed: Bool) {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        let isListed = try await reader.checkWay(to: path)
        do {
            return (try await reader.blob(path), isListed)
        } catch StorageError.notFound {
            return (nil, isListed)
        }
    }

    // MARK: - Freeing

    /// Frees every chunk that nothing refers to, in the whole pool. Only for a pool that nothing else writes to, no
    /// other regtop either: the chunks of a file that is being written look the same. Throws `StorageError.journal`
    /// while a change is open, or with a delay. Gives the identifiers, and how many objects are gone.
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
            _ = try await pruner.prune([path.parent]) { try await unlink(path, blob) }
            return
        }
        let found = try await reader.walk(path)
        try await journal.forget(Set(found.compactMap(\.file?.blob)), of: path)
        let changed = try await pruner.prune([path] + found.compactMap(\.subdirectory)) {
            try await writer.each(found.compactMap(\.file)) { file in
                try await writer.exchange(file.blob, for: nil, at: file.path) ? nil : file.path
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
        guard try await writer.exchange(blob, for: nil, at: path) else { throw StorageError.changedMeanwhile(path) }
    }

    // MARK: - Moving

    /// Moves a file, or a directory with everything below it. `overwrite` replaces a file at the destination;
    /// directories are never merged. Onto itself: nothing changes. Throws `StorageError.notFound`, `.alreadyExists`,
    /// `.notADirectory`, `.intoItself`, `.changedMeanwhile`; then the source is as it was, or as somebody else made it.
    public func move(_ source: StoragePath, to destination: StoragePath, overwrite: Bool = false) async throws {
        guard !source.isRoot, !destination.isRoot else { throw StorageError.invalidPath("/") }
        let status = try await reader.stat(source)
        if source == destination { return }
        try await reader.checkWay(to: destination)
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
        let changed = try await mover.move([files], what) {
            try await writer.each(files.reversed()) { file in
                try await mover.leaveSource(file) ? nil : file
            }.compactMap(\.self)
        } then: { changed in
            try await pruner.prune(directories + changed.map(\.destination.parent))
            return changed
        }
        if let first = changed.first { throw StorageError.changedMeanwhile(first.source) }
    }
}
