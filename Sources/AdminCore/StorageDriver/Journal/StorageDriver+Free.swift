import Foundation

/// Freeing (docs/safety.md#1-freeing): unlink into a holding, wait for the delay, scan, claim, free.
extension StorageDriver {
    /// What became of a reference whose chunks were to be freed.
    public enum Freeing: Hashable, Sendable {
        /// The chunks are gone, and the reference with them.
        case freed
        /// Something else refers to the chunks: only the reference in the holding went.
        case dropped
        /// Too young, or its age cannot be told: it was unlinked less than the delay ago, or that is under way.
        case early
        /// Somebody else has claimed it, or taken it, before.
        case gone
    }

    /// Frees references of a holding whose delay is over, each after the proof that nothing else refers to its
    /// chunks: one complete scan for all, which begins now. Throws `StorageError.journal` while a change is open;
    /// errors of the store, and then what was claimed is freed by the next recovery.
    public func free(
        _ entries: [Holding.Entry], of holding: Holding, progress: ProgressHandler? = nil
    ) async throws -> [Freeing] {
        guard isOld(holding, at: policy.now) else { return entries.map { _ in .early } }
        let census = try await provenReferences(to: Set(entries.map(\.blob)), progress: progress)
        return try await free(entries, of: holding, by: census)
    }

    /// The same by a proof (`provenReferences`) that covers these references, and maybe those of other holdings: it
    /// must have begun after the delay of this one. `counter` is told of each whose chunks are gone.
    func free(
        _ entries: [Holding.Entry], of holding: Holding, by census: ReferenceCensus, counter: ProgressCounter? = nil
    ) async throws -> [Freeing] {
        guard isOld(holding, at: census.began) else { return entries.map { _ in .early } }
        try await reader.objects.status().requireWholeListings()
        let path = holding.path
        let intent = try await journal.begin(.claims(path), "free what is in \(path)")
        do {
            let elsewhere = Set(entries.filter { census.isElsewhere($0, than: path) })
            let dropped = try await drop(Array(elsewhere), of: path)
            let claimed = try await claim(entries.filter { !elsewhere.contains($0) }, as: .freeing, in: path)
            try await freeClaimed(entries.filter(claimed.contains), of: path, counter: counter) {
                census.chunks.indices(of: $0)
            }
            let outcomes = entries.map { entry -> Freeing in
                claimed.contains(entry) ? .freed : dropped.contains(entry) ? .dropped : .gone
            }
            try await prune([path])
            try await intent.end()
            return outcomes
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Whether the delay of what a holding took is over at a moment, and not under way any more.
    func isOld(_ holding: Holding, at moment: Date) -> Bool {
        guard let unlinked = holding.note?.unlinked else { return false }
        // Without a delay no clock is asked: another machine's may be ahead.
        return policy.delay == 0 || unlinked.addingTimeInterval(policy.delay) <= moment
    }

    /// References go, their chunks stay: they are somebody else's as well. Gives those that went.
    private func drop(_ entries: [Holding.Entry], of path: StoragePath) async throws -> Set<Holding.Entry> {
        let gone = try await each(entries) { entry in
            try await exchange(entry.blob, for: nil, at: try path.appending(Holding.key(entry.origin).string ?? ""))
                ? entry : nil
        }
        return Set(gone.compactMap(\.self))
    }

    /// Frees the chunks of references that are claimed, and ends the claims. `chunks` gives the numbers of an
    /// identifier's.
    func freeClaimed(
        _ entries: [Holding.Entry], of path: StoragePath, counter: ProgressCounter? = nil,
        chunks: @escaping @Sendable (BlobIdentifier) async throws -> [Int]
    ) async throws {
        _ = try await each(entries) { entry in
            defer { counter?.advance() }
            try await removeChunks(of: entry.blob, try await chunks(entry.blob), for: path)
        }
        try await unclaim(entries, as: .freeing, in: path)
    }

    /// Removes the chunks of an identifier: the last first, chunk 0 at the end, since only it says how many there
    /// are. A chunk that is gone does not matter; any other error stops.
    private func removeChunks(of blob: BlobIdentifier, _ indices: [Int], for path: StoragePath) async throws {
        let later = indices.filter { $0 > 0 }.sorted(by: >)
        if !later.isEmpty {
            _ = try await each(later) { index in try await removeChunk(blob.chunk(index), for: path) }
        }
        try await removeChunk(blob.chunk(0), for: path)
    }

    private func removeChunk(_ object: ObjectID, for path: StoragePath) async throws {
        _ = try await perform(WriteOperation([.remove]), on: object, for: path) { [reader] in
            try await reader.objects.read(.stat, of: object) == nil
        }
    }

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
        let census = try await provenReferences(to: all, progress: progress)
        let orphans = all.filter { census.places[$0] == nil }
        let removed = try await each(orphans) { blob in
            let later = census.chunks.indices(of: blob).filter { $0 > 0 }.sorted(by: >)
            let gone = try await each(later) { index in try await removeOrphan(blob.chunk(index)) }
            return try await gone.count(where: \.self) + (removeOrphan(blob.chunk(0)) ? 1 : 0)
        }
        return (orphans.count, removed.reduce(0, +))
    }

    /// True if it was there.
    private func removeOrphan(_ object: ObjectID) async throws -> Bool {
        try await perform(WriteOperation([.remove]), on: object, for: .root) { [reader] in
            try await reader.objects.read(.stat, of: object) == nil
        }
    }
}

extension ReferenceCensus {
    /// Whether a path is all that refers to an identifier.
    func isOnly(_ path: StoragePath, for blob: BlobIdentifier) -> Bool {
        places[blob] == [.of(path)]
    }

    /// Whether anything but this entry of a holding refers to its chunks.
    fileprivate func isElsewhere(_ entry: Holding.Entry, than path: StoragePath) -> Bool {
        let own = Place(object: StorageReader.directory(path), key: Holding.key(entry.origin))
        return (places[entry.blob] ?? []).contains { $0 != own }
    }
}
