/// Finds out with which chunk size a pool was written, since nothing in it says so (docs/layout.md#objects).
///
/// Every file of several chunks tells: its chunk 0 is as long as a chunk. A few are found by enumerating the pool's
/// objects, which is bounded, so that a pool of millions of small files is not read whole. A file whose first chunks
/// contradict each other (a resumed upload, docs/layout.md#d1) has no say.
public struct ChunkSizeProbe: Sendable {
    /// How many files are asked at most.
    public static let fileLimit = 32
    /// How many pages of object names are looked at, at most, in each slice of the scan.
    static let pageLimit = 16

    /// The tree that was opened with an assumed chunk size.
    public let storage: StorageReader

    /// A probe of the pool that `storage` reads.
    public init(storage: StorageReader) {
        self.storage = storage
    }

    /// Asks the files. Throws `StoreError`.
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

    /// The chunk size that a file was written with; nil if it does not tell.
    private func vote(of blob: BlobIdentifier) async throws -> UInt64? {
        async let first = storage.head(of: blob)
        async let second = storage.objects.read(.stat, of: blob.chunk(1))
        let (head, next) = try await (first, second)
        guard head.state != .badSize, let length = head.length, length > 0, head.size > length,
            next?.size == min(length, head.size - length)
        else { return nil }
        return length
    }
}

/// What a pool's files say about its chunk size.
public struct ChunkSizeFinding: Hashable, Sendable {
    /// The chunk size that was assumed, in bytes.
    public let assumed: UInt64
    /// How many files were written with which chunk size. Empty if no file tells.
    public let votes: [UInt64: Int]

    /// The finding that these votes make.
    init(assumed: UInt64, votes: [UInt64]) {
        self.assumed = assumed
        self.votes = votes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// The chunk size that more than half of the files have, if it is another one than was assumed; nil if all is
    /// well, or nothing is known.
    public var other: UInt64? {
        let all = votes.values.reduce(0, +)
        return votes.first { $0.key != assumed && $0.value * 2 > all }?.key
    }
}

extension ChunkSizeFinding: CustomStringConvertible {
    /// A sentence that names both sizes, if they differ.
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
