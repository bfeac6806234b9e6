public import ObjectStore
public import Registry
public import StorageDriver

/// The chunks of one file and their places.
public struct BlobReport: Hashable, Sendable {
    /// The state of a file: whether it can be read as it was written.
    public enum State: String, Hashable, Sendable {
        /// Every byte is at its place, and there are no others.
        case ok
        /// The content is right, and there are bytes of no use.
        case waste
        /// There are bytes behind the end of a chunk: only the content tells whether the file can
        /// be read.
        case suspect
        /// A chunk is missing or short, a blob has lost its content, or the content is wrong.
        case damaged

        /// The state by the judgement of `fsck`, which reads the content where it must.
        ///
        /// - Parameter problem: see `BlobInspector.problem(of:)`.
        public init(judged problem: Problem?) {
            self = problem.map { $0.severity == .error ? .damaged : .waste } ?? .ok
        }
    }

    /// The path of the file.
    public let path: StoragePath
    /// The digest of a blob; nil for other files.
    public let digest: Digest?
    /// The chunks, compared with the size of the file.
    public let layout: ChunkLayout
    /// The places of `layout.chunks`, in their order; nil if the store has no places.
    public let placements: [Placement?]

    /// The state of the whole file by the lengths of its chunks.
    public var state: State {
        guard layout.isSound else {
            let hasHead = layout.head.state == .sound || layout.head.state == .long
            return hasHead && layout.holes.isEmpty ? .suspect : .damaged
        }
        guard let digest, layout.size == 0 else { return .ok }
        return BlobFinding(layout.head, of: digest).state == .ok ? .ok : .damaged
    }
}

/// A reason to keep a blob: a tag, or a manifest without a tag, that reaches it.
public struct BlobUse: Hashable, Sendable {
    /// The repository.
    public let repository: RepositoryName
    /// The tag; nil if only a revision link keeps the blob.
    public let tag: String?
    /// The manifest that the tag or the revision link names.
    public let digest: Digest
    /// The manifests from `digest` to the one that names the blob; empty if the blob is `digest`.
    public let path: [Digest]
}

/// The reasons why a blob is in the pool.
public struct BlobExplanation: Hashable, Sendable {
    /// The strongest reason.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// A repository needs the blob.
        case needed
        /// Only deletions in the trash need it.
        case trash
        /// A collection has moved it to the quarantine and has not freed it yet.
        case quarantine
        /// It is at its place and nothing needs it: garbage for a collection.
        case unreferenced
        /// It is not in the pool.
        case missing
    }

    /// The blob.
    public let digest: Digest
    /// The strongest reason.
    public let state: State
    /// Bytes; nil if the blob is not at its place, or if its size is unknown.
    public let size: UInt64?
    /// The tags and manifests that need the blob.
    public let uses: [BlobUse]
    /// The names of the deletions in the trash that need it.
    public let trash: [String]
    /// The names of the quarantine holdings that contain it.
    public let quarantine: [String]
    /// The repositories with a link to the blob, if none needs it; else empty.
    public let linkedIn: [RepositoryName]
}
