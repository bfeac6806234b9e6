public import Foundation

/// Who refers to identifiers: the answer of a complete scan of the pool, the only proof that allows freeing
/// (docs/safety.md#1-freeing).
public struct ReferenceCensus: Sendable {
    /// When the scan began: references that were made later may be missing.
    public let began: Date
    /// Where the identifiers stand that were asked for: object of the directory and key. Those that stand nowhere are
    /// not in it.
    public let places: [BlobIdentifier: [Place]]
    /// The chunks of the identifiers that were asked for, as the scan met them.
    let chunks: ChunkInventory

    /// A key of an omap.
    public struct Place: Hashable, Sendable {
        /// The object of the directory.
        public let object: ObjectID
        /// The key in its omap.
        public let key: ByteString

        /// Where the file at a path is named.
        static func of(_ path: StoragePath) -> Place {
            Place(object: StorageReader.directory(path.parent), key: ByteString(path.name))
        }
    }

    /// Whether a reference stands at a place for which `counts` says true. That a collection has noted chunks as
    /// referred to by nothing is no reference.
    func isReferred(_ blob: BlobIdentifier, _ counts: (Place) -> Bool) -> Bool {
        let note = Holding.key(Holding.orphan(blob))
        return (places[blob] ?? []).contains { $0.key != note && counts($0) }
    }

    /// Whether a path is all that refers to an identifier.
    func isOnly(_ path: StoragePath, for blob: BlobIdentifier) -> Bool {
        places[blob] == [.of(path)]
    }

    /// Whether anything but this entry of a holding refers to its chunks.
    func isElsewhere(_ entry: Holding.Entry, than path: StoragePath) -> Bool {
        let own = Place(object: StorageReader.directory(path), key: Holding.key(entry.origin))
        return (places[entry.blob] ?? []).contains { $0 != own }
    }
}

extension StorageReader {
    /// Looks through every omap in the registry's namespace, those of unlisted directories, of the trash, of the
    /// quarantine and of invalid names included. Throws at the first thing that could not be read: half a scan proves
    /// nothing.
    ///
    /// Memory: the places of what was asked for, and 24 bytes for each of its chunks.
    public func references(
        to wanted: Set<BlobIdentifier>, now: Date, progress: ProgressHandler? = nil
    ) async throws -> ReferenceCensus {
        let scan = try await PoolScan(
            objects, .namespace(""), phase: "looking for references", progress: progress)
        var chunks = ChunkInventory()
        let places = try await scan.fold(into: [BlobIdentifier: [ReferenceCensus.Place]]()) { page in
            let chunks = page.compactMap { BlobIdentifier.parse(chunkName: $0.name) }.filter {
                wanted.contains($0.blob)
            }
            let omaps = page.filter { BlobIdentifier.parse(chunkName: $0.name) == nil }
            let found = try await concurrentMap(omaps, window: scan.window) { object in
                try await references(in: object, to: wanted)
            }
            return (chunks: chunks, references: found.flatMap(\.self))
        } take: { places, page in
            for (blob, index) in page.chunks { chunks.add(blob, index) }
            for (blob, place) in page.references { places[blob, default: []].append(place) }
            return .goOn
        }
        chunks.settle()
        return ReferenceCensus(began: now, places: places, chunks: chunks)
    }

    private func references(
        in object: ObjectID, to wanted: Set<BlobIdentifier>
    ) async throws -> [(BlobIdentifier, ReferenceCensus.Place)] {
        let omap = try await objects.wholeOmap(of: object)?.omap ?? []
        return omap.compactMap { entry in
            guard let blob = BlobIdentifier(value: entry.value), wanted.contains(blob) else { return nil }
            return (blob, ReferenceCensus.Place(object: object, key: entry.key))
        }
    }
}

/// Makes scans on which something may rest: beside a mark in the journal, which every change that moves references voids.
struct ReferenceProver: Sendable {
    let journal: Journal

    private var reader: StorageReader { journal.writer.reader }

    /// A scan that may authorise freeing: no change was open when it began, and no reference moved while it ran, so
    /// that none can have been missed because it was read where it had not come yet and where it had left already.
    /// Throws `StorageError.journal` otherwise.
    func references(
        to wanted: Set<BlobIdentifier>, progress: ProgressHandler? = nil
    ) async throws -> ReferenceCensus {
        let (census, hasMoved) = try await mark("look for references") {
            try await reader.references(to: wanted, now: journal.policy.now, progress: progress)
        }
        guard !hasMoved else {
            throw StorageError.journal("references were moved while they were looked for: begin again")
        }
        return census
    }

    /// Looks for something in the pool by `body`, and tells whether references were moved by a regtop meanwhile: what
    /// was found proves nothing then. Throws `StorageError.journal` if a change is open to begin with; `StoreError`
    /// of kind `.incomplete` where listings miss something, before anything is written.
    func mark<Value: Sendable>(
        _ what: String, while body: () async throws -> Value
    ) async throws -> (value: Value, hasMoved: Bool) {
        try await reader.objects.status().requireWholeListings()
        let mark = try await journal.begin(.mark, what)
        do {
            for entry in try await journal.entries() {
                guard let intent = entry.intent else {
                    throw StorageError.journal("it has an intent that cannot be read, \(entry.id)")
                }
                // A watch moves no reference.
                let isHarmless = intent.head.kind == .mark || intent.head.kind == .watch
                guard intent.head.state.isDeferred || isHarmless else {
                    throw StorageError.journal("nothing is freed while this is open: \(intent.head.what)")
                }
            }
            let value = try await body()
            guard try await mark.end() else {
                await Task { try? await journal.discard(mark.intent.id) }.value
                return (value, true)
            }
            return (value, false)
        } catch {
            await Task { try? await journal.discard(mark.intent.id) }.value
            await mark.release()
            throw error
        }
    }
}

/// Which chunk objects there are of some identifiers, as a scan met them. 24 bytes each, whatever numbers hostile names say.
struct ChunkInventory: Sendable {
    private var chunks: [(blob: BlobIdentifier, index: Int)] = []

    /// Takes a chunk in. In any order; each once.
    mutating func add(_ blob: BlobIdentifier, _ index: Int) {
        chunks.append((blob, index))
    }

    /// To be called when all are in, before anything is asked.
    mutating func settle() {
        chunks.sort { ($0.blob, $0.index) < ($1.blob, $1.index) }
    }

    /// The numbers of an identifier's chunks, ascending.
    func indices(of blob: BlobIdentifier) -> [Int] {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].blob < blob { low = middle + 1 } else { high = middle }
        }
        return chunks[low...].prefix { $0.blob == blob }.map(\.index)
    }
}
