public import ObjectStore
import Algorithms
public import Foundation

/// The references to some identifiers, by a complete scan of the pool: the only proof that allows
/// freeing (docs/safety.md#1-freeing).
public struct ReferenceCensus: Sendable {
    /// The time at which the scan began. Later references may be missing.
    public let began: Date
    /// The keys that refer to the sought identifiers. Identifiers without a reference are left out.
    public let places: [BlobIdentifier: [Place]]
    /// The chunks of the sought identifiers that the scan found.
    package let chunks: ChunkInventory

    /// A key of an omap.
    public struct Place: Hashable, Sendable {
        /// The object of the directory.
        public let object: ObjectID
        /// The key in its omap.
        public let key: ByteString

        /// The key of the file at a path.
        static func of(_ path: StoragePath) -> Place {
            Place(object: StorageReader.directory(path.parent), key: ByteString(path.name))
        }
    }

    /// True if there is a reference at a place for which `counts` returns true. The note of an
    /// orphan in a holding is no reference.
    package func isReferred(_ blob: BlobIdentifier, _ counts: (Place) -> Bool) -> Bool {
        let note = Holding.key(Holding.orphan(blob))
        return (places[blob] ?? []).contains { $0.key != note && counts($0) }
    }

    /// True if only this path refers to an identifier.
    package func isOnly(_ path: StoragePath, for blob: BlobIdentifier) -> Bool {
        places[blob] == [.of(path)]
    }

    /// True if anything but this entry of the holding at `path` refers to its chunks.
    func isElsewhere(_ entry: Holding.Entry, than path: StoragePath) -> Bool {
        let own = Place(object: StorageReader.directory(path), key: Holding.key(entry.origin))
        return (places[entry.blob] ?? []).contains { $0 != own }
    }
}

extension StorageReader {
    /// Looks for references in every omap of the registry's namespace, also in those of unlisted
    /// directories, of the trash, of the quarantine and of invalid names. Throws the first error:
    /// an incomplete scan proves nothing.
    ///
    /// Memory: the references, and 24 bytes for each chunk of the sought identifiers.
    public func references(
        to wanted: Set<BlobIdentifier>, now: Date, progress: ProgressHandler? = nil
    ) async throws -> ReferenceCensus {
        let scan = try await PoolScan(
            objects, .namespace(""), phase: "looking for references", progress: progress)
        var chunks = ChunkInventory()
        let places = try await scan.fold(into: [BlobIdentifier: [ReferenceCensus.Place]]()) { page in
            var chunks: [(blob: BlobIdentifier, index: Int)] = []
            var omaps: [ObjectID] = []
            for object in page {
                if let chunk = BlobIdentifier.parse(chunkName: object.name) {
                    if wanted.contains(chunk.blob) { chunks.append(chunk) }
                } else {
                    omaps.append(object)
                }
            }
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

/// Makes scans that may authorise freeing: during a scan the journal holds an intent of kind
/// `mark`, which every change that moves references voids.
package struct ReferenceProver: Sendable {
    let journal: Journal

    private var reader: StorageReader { journal.writer.reader }

    /// Makes a census that may authorise freeing. No change was open when the scan began, and no
    /// reference moved while it ran: a reference that moves could be missed at both of its places.
    /// Throws `StorageError.journal` otherwise.
    package func references(
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

    /// Searches the pool by `body`, and tells whether a regtop moved references meanwhile: then the
    /// result proves nothing.
    ///
    /// - Parameter what: the search in words, for the journal.
    /// - Throws: `StorageError.journal` if a change is open at the beginning; `StoreError` of kind
    ///   `.incomplete`, before anything is written, where listings are not whole.
    package func mark<Value: Sendable>(
        _ what: String, while body: () async throws -> Value
    ) async throws -> (value: Value, hasMoved: Bool) {
        try await reader.objects.status().requireWholeListings()
        let mark = try await journal.begin(.mark, what)
        do {
            for entry in try await journal.entries() {
                guard let intent = entry.intent else {
                    throw StorageError.journal("it has an intent that cannot be read, \(entry.id)")
                }
                // Marks and watches move no reference.
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

/// The chunks of some identifiers that a scan has found. Takes 24 bytes for each chunk, whatever
/// chunk numbers hostile names have.
package struct ChunkInventory: Sendable {
    private var chunks: [(blob: BlobIdentifier, index: Int)] = []

    /// Adds a chunk. Add each chunk once, in any order.
    mutating func add(_ blob: BlobIdentifier, _ index: Int) {
        chunks.append((blob, index))
    }

    /// Call this after the last chunk, before the first question.
    mutating func settle() {
        chunks.sort { ($0.blob, $0.index) < ($1.blob, $1.index) }
    }

    /// The numbers of the chunks of an identifier, ascending.
    package func indices(of blob: BlobIdentifier) -> [Int] {
        chunks[chunks.partitioningIndex { $0.blob >= blob }...].prefix { $0.blob == blob }.map(\.index)
    }
}
