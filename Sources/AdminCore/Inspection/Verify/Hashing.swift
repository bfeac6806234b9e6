import Synchronization

/// Hashes blobs, each once, and remembers what is wrong with which.
final class Hashing: Sendable {
    /// What is wrong with a blob.
    struct Fault: Hashable, Sendable {
        let state: ImageDetail.BlobState
        /// The end of a sentence that begins with the blob's name.
        let reason: String
    }

    private struct State {
        /// The blobs that were checked, with the other digests they were checked against.
        var checked: [Digest: Set<Digest>] = [:]
        var faults: [Digest: Fault] = [:]
        var bytes: UInt64 = 0
    }

    private let hasher: BlobHasher
    private let state = Mutex(State())

    init(registry: RegistryReader) {
        hasher = BlobHasher(registry: registry)
    }

    /// How many blobs were checked, and how many bytes of them read.
    var sums: (blobs: Int, bytes: UInt64) { state.withLock { ($0.checked.count, $0.bytes) } }

    /// What is wrong with a blob that was checked; nil if nothing is.
    func fault(of digest: Digest) -> Fault? { state.withLock { $0.faults[digest] } }

    /// Checks those that were not yet: the blobs of one chunk many at once, the larger ones two at a time, each of which reads ahead.
    /// `sizes`: about how long they are. `names`: by what other digests manifests name them. `isAll`: there will be no others, so that the progress has a total.
    func check(
        _ sizes: [Digest: UInt64], names: [Digest: Set<Digest>], isAll: Bool, _ progress: ProgressHandler?
    ) async throws {
        let (checked, done) = state.withLock { ($0.checked, $0.bytes) }
        let digests = sizes.keys.filter { digest in
            checked[digest].map { !(names[digest] ?? []).isSubset(of: $0) } ?? true
        }.sorted()
        let total = isAll ? digests.reduce(0) { addingCapped($0, sizes[$1] ?? 0) } : nil
        let counter = ProgressCounter(phase: "hashing", unit: .bytes, total: total, handler: progress)
        counter.advance(by: isAll ? 0 : done)
        let limit = hasher.registry.storage.chunkSize
        let small = digests.filter { sizes[$0] ?? 0 <= limit }
        let large = digests.filter { sizes[$0] ?? 0 > limit }
        let one: @Sendable (Digest) async throws -> Void = { [self] digest in
            try await check(digest, names[digest] ?? [], counter)
        }
        async let many: [Void] = concurrentMap(small, window: Verifier.chunkWindow - 2 * FilePieces.readAhead, one)
        async let few: [Void] = concurrentMap(large, window: 2, one)
        _ = try await (many, few)
    }

    private func check(_ digest: Digest, _ names: Set<Digest>, _ counter: ProgressCounter) async throws {
        try Task.checkCancellation()
        let fault = try await hasher.fault(of: digest, names: names) { [self] count in
            counter.advance(by: UInt64(count))
            state.withLock { $0.bytes += UInt64(count) }
        }
        state.withLock { state in
            state.checked[digest, default: []].formUnion(names)
            state.faults[digest] = state.faults[digest] ?? fault
        }
    }
}
