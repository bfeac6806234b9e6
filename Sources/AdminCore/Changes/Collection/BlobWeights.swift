import ObjectStore
import Registry
import StorageDriver
import Foundation

/// The sizes and the ages of the blobs of a mark: the bytes that are needed, and the blobs that are
/// old enough to be collected.
struct BlobWeights: Sendable {
    let reader: MarkReader
    /// The most files whose ends are read.
    let batch: Int
    /// Bytes of all needed content, if manifests tell the truth.
    private(set) var neededBytes: UInt64 = 0
    /// Bytes of all unneeded content, including young blobs.
    private(set) var unneededBytes: UInt64 = 0
    /// Bytes of the unneeded content that is younger than the grace window.
    private(set) var youngBytes: UInt64 = 0
    /// The blobs that nothing needs and that are old enough; in the order of digests.
    private(set) var candidates: [Candidate] = []
    /// Chunks that nothing refers to, old enough.
    private(set) var orphans: [(blob: BlobIdentifier, bytes: UInt64)] = []
    /// Chunks behind the end of needed blobs, old enough; see `SurplusNotes`.
    private(set) var surplus: [SurplusChunks] = []

    /// Needed blobs whose size is in no manifest.
    private var unsized: [Int] = []
    /// Needed blobs that seem to have chunks behind their end, if manifests tell the truth about
    /// their sizes.
    private var overlong: [Int] = []
    /// Blobs that cannot be weighed, a sentence each; they stay.
    private var unweighed: [String] = []

    /// A blob at its path.
    struct Candidate: Sendable {
        /// The ordinal of its digest.
        let ordinal: Int
        let bytes: UInt64
    }

    init(reader: MarkReader, batch: Int) {
        self.reader = reader
        self.batch = batch
    }

    private var storage: StorageReader { reader.registry.storage }
    private var paths: RegistryPaths { reader.registry.paths }

    /// Adds a needed blob that is at its path. `declared`: its bytes, if a manifest says them.
    mutating func add(_ ordinal: Int, declared: UInt64?, in index: CollectionIndex) {
        // A manifest may declare any size. If the size does not fit the number of chunks, it is
        // read from them.
        if let declared, declared > 0, storage.chunkCount(ofBytes: declared) == index.chunkCount(at: ordinal) {
            neededBytes = addingCapped(neededBytes, declared)
            if index.hasChunk(at: ordinal, behind: storage.chunkCount(ofBytes: declared)) { overlong.append(ordinal) }
        } else {
            unsized.append(ordinal)
        }
    }

    /// Reads the size and the age of every blob that nothing needs, and of needed ones whose size
    /// is not known.
    mutating func weigh(_ index: inout CollectionIndex, _ progress: ProgressHandler?) async throws {
        let loose = index.digests.keys.indices.filter {
            !index.marks[$0].contains(.needed) && index.blob(at: $0) != nil
        }
        let counter = ProgressCounter(
            phase: "weighing blobs", total: UInt64(loose.count + unsized.count), handler: progress)
        for wave in reader.waves(loose.count) {
            let slice = loose[wave].compactMap { ordinal in
                index.blob(at: ordinal).map { (ordinal, index.digests.keys[ordinal], $0) }
            }
            let found = try await concurrentMap(slice, window: storage.window) {
                [reader, index] ordinal, digest, blob in
                (ordinal, try await reader.weight(of: blob, digest, through: index.lastChunk(of: blob)))
            }
            for (ordinal, weight) in found {
                if let obstacle = weight.obstacle {
                    unweighed.append("\(paths.blob(index.digests.keys[ordinal])) \(obstacle)")
                }
                guard weight.obstacle == nil else { continue }
                unneededBytes = addingCapped(unneededBytes, weight.bytes)
                if weight.isYoung { youngBytes = addingCapped(youngBytes, weight.bytes) }
                guard !weight.isYoung, let blob = index.blob(at: ordinal), !index.isReferredTwice(blob) else {
                    continue
                }
                index.marks[ordinal].insert(.candidate)
                candidates.append(Candidate(ordinal: ordinal, bytes: weight.bytes))
            }
            counter.advance(by: UInt64(slice.count))
        }
        overlong += unsized.filter { index.hasChunk(at: $0, behind: 0) }
        for wave in reader.waves(unsized.count) {
            let sought = unsized[wave].compactMap { index.blob(at: $0) }
            let sizes = try await concurrentMap(sought, window: storage.window) { [storage, reader] blob in
                try await reader.naming {
                    Result<UInt64, StoreError>.failure($0)
                } reading: {
                    .success(try await storage.head(of: blob).sizeOrLength)
                }
            }
            for size in sizes {
                switch size {
                case .success(let bytes): neededBytes = addingCapped(neededBytes, bytes)
                case .failure: break
                }
            }
            counter.advance(by: UInt64(sought.count))
        }
        unsized = []
        for quarantine in index.quarantines {
            for case .blob(let digest) in quarantine.entries.compactMap({ paths.file(at: $0.origin) }) {
                let ordinal = index.ordinal(digest)
                if !index.marks[ordinal].contains(.needed) { index.marks[ordinal].insert(.candidate) }
            }
        }
    }

    /// Returns the ends of files that seem to have chunks behind their end. If there are very many
    /// such files, it reads some; the others wait for a later run.
    ///
    /// Reads only blobs at their paths to which nothing else in the pool refers. Their content is
    /// complete when it appears, and a later write has the same content: chunks behind its end
    /// belong to nothing. This does not hold for other files. The chunks of an upload exist before
    /// its size includes them; so do those of an identifier that an upload and a blob share
    /// (docs/layout.md#d6), since the upload may go on. A link is overwritten in place. Unneeded
    /// blobs are removed as a whole.
    ///
    /// Chunk 0 holds the size, and its date is that of its last write: a young file is left alone,
    /// too. Before anything is removed, the digest proves that the content is whole, and was not
    /// cut short by a writer that died.
    func endsOfOverlong(_ index: CollectionIndex) async throws -> [BlobIdentifier: FileEnd] {
        let sought = overlong.lazy.compactMap { ordinal -> (BlobIdentifier, StoragePath)? in
            guard let blob = index.blob(at: ordinal), !index.isReferredTwice(blob) else { return nil }
            return (blob, paths.blob(index.digests.keys[ordinal]))
        }.prefix(batch)
        let ends = try await concurrentMap(Array(sought), window: storage.window) {
            blob, path -> (BlobIdentifier, FileEnd)? in
            // An unreadable head does not end the run.
            let head = try await reader.naming { _ in
                FileHead?.none
            } reading: {
                try await storage.head(of: blob)
            }
            switch head?.state {
            case .sound, .long: break
            // Other damage, which fsck reports.
            case .missing, .empty, .short, .badSize, nil: return nil
            }
            guard let size = head?.size, let modified = head?.modified, !reader.isYoung(modified) else { return nil }
            return (blob, FileEnd(path: path, chunks: storage.chunkCount(ofBytes: size)))
        }
        return Dictionary(ends.compactMap(\.self)) { first, _ in first }
    }

    /// Adds the stray chunks of a second look.
    mutating func add(_ found: SecondLook, _ ends: [BlobIdentifier: FileEnd]) async {
        orphans = await found.orphans.filter { !$0.value.isYoung }.map { ($0.key, $0.value.bytes) }
        surplus = await found.surplus.filter { !$0.value.isYoung }.compactMap { blob, stray in
            ends[blob].map { SurplusChunks(path: $0.path, blob: blob, bytes: stray.bytes) }
        }
    }

    /// Removes the candidates that turned out to be needed, and sorts the others. Returns notes.
    mutating func settle(_ index: CollectionIndex) -> [String] {
        candidates.removeAll { index.marks[$0.ordinal].contains(.needed) }
        candidates.sort { index.digests.keys[$0.ordinal] < index.digests.keys[$1.ordinal] }
        guard let first = unweighed.min() else { return [] }
        let more = unweighed.count > 1 ? " (and \(unweighed.count - 1) more like it)" : ""
        return ["\(first)\(more): it stays where it is; see regtop fsck"]
    }
}

/// Chunks behind the end of a blob's file.
struct SurplusChunks: Hashable, Sendable {
    /// The path of the blob.
    let path: StoragePath
    let blob: BlobIdentifier
    /// Bytes of the chunks.
    let bytes: UInt64
}

/// The end of a file.
struct FileEnd: Hashable, Sendable {
    let path: StoragePath
    /// The number of its chunks.
    let chunks: UInt64
}

/// The findings of the second enumeration of a mark.
actor SecondLook {
    enum Finding: Sendable {
        case layer(Digest)
        case manifest(Digest)
        /// A link to a blob that may be a manifest and cannot be read, with the reason.
        case unreadable(StoragePath, String)
        /// A chunk that nothing refers to.
        case orphan(BlobIdentifier, Stray)
        /// A chunk behind the end of its file.
        case surplus(BlobIdentifier, Stray)
    }

    /// Chunks of one identifier that belong to nothing.
    struct Stray: Sendable {
        var bytes: UInt64 = 0
        /// True if one of them was written within the grace window.
        var isYoung = false

        mutating func add(_ other: Stray) {
            bytes = addingCapped(bytes, other.bytes)
            isYoung = isYoung || other.isYoung
        }
    }

    private(set) var layers: Set<Digest> = []
    private(set) var manifests: Set<Digest> = []
    private(set) var unreadable: [(link: StoragePath, why: String)] = []
    private(set) var orphans: [BlobIdentifier: Stray] = [:]
    private(set) var surplus: [BlobIdentifier: Stray] = [:]

    func add(_ findings: [Finding]) {
        for finding in findings {
            switch finding {
            case .layer(let digest): layers.insert(digest)
            case .manifest(let digest): manifests.insert(digest)
            case .unreadable(let link, let why): unreadable.append((link, why))
            case .orphan(let blob, let stray): orphans[blob, default: Stray()].add(stray)
            case .surplus(let blob, let stray): surplus[blob, default: Stray()].add(stray)
            }
        }
    }
}
