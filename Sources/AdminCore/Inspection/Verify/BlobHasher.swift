import ObjectStore
import Registry
import StorageDriver
import Synchronization

/// Compares the content of blobs with their digests. Hashes each blob once and remembers the
/// faults.
///
/// Memory: the chunks that are read ahead, and a digest for each blob.
final class BlobHasher: Sendable {
    /// A fault of a blob.
    struct Fault: Hashable, Sendable {
        let state: ImageDetail.BlobState
        /// The end of a sentence that begins with the blob's name.
        let reason: String
    }

    private struct State {
        /// The checked blobs, with the other digests that they were checked against.
        var checked: [Digest: Set<Digest>] = [:]
        var faults: [Digest: Fault] = [:]
        var bytes: UInt64 = 0
    }

    private let registry: RegistryReader
    private let state = Mutex(State())

    init(registry: RegistryReader) {
        self.registry = registry
    }

    /// The number of checked blobs, and of the bytes read.
    var sums: (blobs: Int, bytes: UInt64) { state.withLock { ($0.checked.count, $0.bytes) } }

    /// Returns the fault of a checked blob; nil if it has none.
    func fault(of digest: Digest) -> Fault? { state.withLock { $0.faults[digest] } }

    /// Checks the blobs that were not checked before: many blobs of one chunk at a time, but only
    /// two larger ones, since each of these reads ahead.
    ///
    /// - Parameters:
    ///   - sizes: the approximate sizes of the blobs.
    ///   - names: the other digests by which manifests name the blobs.
    ///   - isAll: true if no other blobs follow, so that the progress has a total.
    ///   - progress: receives the bytes read.
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
        let limit = registry.storage.chunkSize
        let small = digests.filter { sizes[$0] ?? 0 <= limit }
        let large = digests.filter { sizes[$0] ?? 0 > limit }
        let one: @Sendable (Digest) async throws -> Void = { [self] digest in
            try await check(digest, sizes[digest] ?? 0, names[digest] ?? [], counter)
        }
        async let many: [Void] = concurrentMap(small, window: Verifier.chunkWindow - 2 * FilePieces.readAhead, one)
        async let few: [Void] = concurrentMap(large, window: 2, one)
        _ = try await (many, few)
    }

    private func check(
        _ digest: Digest, _ size: UInt64, _ names: Set<Digest>, _ counter: ProgressCounter
    ) async throws {
        try Task.checkCancellation()
        let fault = try await findFault(of: digest, size, names) { [self] count in
            counter.advance(by: UInt64(count))
            state.withLock { $0.bytes += UInt64(count) }
        }
        state.withLock { state in
            state.checked[digest, default: []].formUnion(names)
            state.faults[digest] = state.faults[digest] ?? fault
        }
    }

    private func findFault(
        of digest: Digest, _ size: UInt64, _ names: Set<Digest>, _ read: @Sendable (Int) -> Void
    ) async throws -> Fault? {
        let path = registry.paths.blob(digest)
        guard case .file(let file)? = try await registry.storage.entry(path)?.kind else {
            let blob = try await registry.blob(digest)
            return Fault(state: blob.state, reason: blob.reason)
        }
        let fault = try await findFault(in: file, at: path, digest, size, names, read)
        // A blob with every byte in the wrong place only is not lost: fsck can repair it.
        if let fault, fault.state == .damaged,
            let intact = try await ContentProof(registry: registry, path: path).intactness(of: file)
        {
            return Fault(
                state: .damaged, reason: "\(intact.reason): no byte is lost, `regtop fsck --repair` mends it")
        }
        return fault
    }

    private func findFault(
        in file: BlobIdentifier, at path: StoragePath, _ digest: Digest, _ size: UInt64, _ names: Set<Digest>,
        _ read: @Sendable (Int) -> Void
    ) async throws -> Fault? {
        let (head, first) = try await registry.storage.opening(of: file, expecting: size)
        let blob = BlobFinding(head, of: digest)
        // A chunk that is too long may still have the right bytes for readers: the hash tells.
        guard blob.state == .ok || head.state == .long else {
            return Fault(state: blob.state, reason: blob.reason)
        }
        do {
            // An unknown algorithm proves nothing.
            guard
                try await registry.storage.content(
                    of: file, head, first: first, at: path, has: digest, counted: { read(Int($0)) }) != false
            else { return Fault(state: .damaged, reason: "does not have its digest: the content was changed") }
            for name in names.sorted() {
                guard
                    try await registry.storage.content(
                        of: file, head, first: first, at: path, has: name, counted: { _ in }) != false
                else { return Fault(state: .damaged, reason: "does not have the digest \(name) of a manifest") }
            }
        } catch StorageError.damaged(_, let what) {
            return Fault(state: .damaged, reason: "cannot be read: \(what)")
        }
        // The content is right; the bytes behind the end of a chunk are waste, which fsck reports.
        return nil
    }
}
