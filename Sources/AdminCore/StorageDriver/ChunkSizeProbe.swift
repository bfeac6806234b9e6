import ObjectStore

/// Finds out the chunk size of a pool. The pool does not store it (docs/layout.md#objects).
///
/// Chunk 0 of a file with several chunks has the chunk size as its length. The probe finds a few
/// such files by a sample of the pool's objects, so that a pool of millions of small files is not
/// read whole. It ignores a file whose first chunks contradict each other (a resumed upload,
/// docs/layout.md#d1).
public struct ChunkSizeProbe: Sendable {
    /// The most files that are examined.
    public static let fileLimit = 32
    /// The most pages of object names that are read in each slice of the scan.
    static let pageLimit = 16

    /// The tree, opened with the assumed chunk size.
    public let storage: StorageReader

    /// A probe of the pool that `storage` reads.
    public init(storage: StorageReader) {
        self.storage = storage
    }

    /// Examines the files. Throws `StoreError`.
    public func run() async throws -> ChunkSizeFinding {
        let votes = try await concurrentMap(try await candidates(), window: ChunkSizeProbe.fileLimit) { blob in
            try await vote(of: blob)
        }
        return ChunkSizeFinding(assumed: storage.chunkSize, votes: votes.compactMap(\.self))
    }

    /// Identifiers with a chunk beyond the first, each once.
    private func candidates() async throws -> [BlobIdentifier] {
        let scan = PoolScan(storage.objects, .namespace(""), extent: .sample(pages: ChunkSizeProbe.pageLimit))
        let found = try await scan.fold(into: Set<BlobIdentifier>()) { page in
            page.compactMap(ChunkSizeProbe.laterChunk)
        } take: { found, blobs in
            found.formUnion(blobs)
            return found.count < ChunkSizeProbe.fileLimit ? .goOn : .stop
        }
        return Array(found.prefix(ChunkSizeProbe.fileLimit))
    }

    private static func laterChunk(_ object: ObjectID) -> BlobIdentifier? {
        guard let (blob, index) = BlobIdentifier.parse(chunkName: object.name), index > 0 else { return nil }
        return blob
    }

    /// The chunk size of a file; nil if the file does not show it.
    private func vote(of blob: BlobIdentifier) async throws -> UInt64? {
        async let first = storage.head(of: blob)
        async let second = storage.objects.read(.stat, of: blob.chunk(1))
        let (head, next) = try await (first, second)
        guard let size = head.size, let length = head.length, length > 0, size > length,
            next?.size == min(length, size - length)
        else { return nil }
        return length
    }
}

/// The result of a `ChunkSizeProbe`.
public struct ChunkSizeFinding: Hashable, Sendable {
    /// The chunk size that is assumed, in bytes.
    public let assumed: UInt64
    /// The number of files by their chunk size in bytes. Empty if no file shows it.
    public let votes: [UInt64: Int]

    init(assumed: UInt64, votes: [UInt64]) {
        self.assumed = assumed
        self.votes = votes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// The chunk size of more than half of the files, if it is not the assumed one; nil otherwise.
    public var other: UInt64? {
        let all = votes.values.reduce(0, +)
        return votes.first { $0.key != assumed && $0.value * 2 > all }?.key
    }
}

extension ChunkSizeFinding: CustomStringConvertible {
    /// One sentence; it names both sizes if they differ.
    public var description: String {
        if let other {
            return
                "the pool was written with chunks of \(other) bytes, and \(assumed) were assumed: nothing reads right; use "
                + "--chunk-size \(other)"
        }
        return votes.isEmpty
            ? "chunks of \(assumed) bytes are assumed; no file has more than one"
            : "chunks of \(assumed) bytes, as the files confirm"
    }
}
