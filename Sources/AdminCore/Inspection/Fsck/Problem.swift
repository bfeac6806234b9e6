public import ObjectStore
public import StorageDriver

/// A cause of damage.
public struct Problem: Hashable, Sendable {
    /// The kind of the damage.
    public let kind: ProblemKind
    /// The severity.
    public let severity: ProblemSeverity
    /// The file or directory; nil if it has no valid path.
    public let path: StoragePath?
    /// The identifier of the file's chunks.
    public let blob: BlobIdentifier?
    /// The damaged object.
    public let object: ObjectID?
    /// The damage and its consequences for users of the images, in a few sentences.
    public let detail: String
    /// The repair; nil if there is none, or if another command repairs the damage.
    public let repair: Repair?

    /// Creates a problem from its properties.
    public init(
        kind: ProblemKind, severity: ProblemSeverity, path: StoragePath? = nil, blob: BlobIdentifier? = nil,
        object: ObjectID? = nil, detail: String, repair: Repair? = nil
    ) {
        self.kind = kind
        self.severity = severity
        self.path = path
        self.blob = blob
        self.object = object
        self.detail = detail
        self.repair = repair
    }

    /// The path, or else the object, or else the identifier.
    public var place: String { path?.string ?? object?.description ?? blob?.string ?? "the pool" }
}

extension Problem: Comparable {
    /// Orders problems by kind, then by place.
    public static func < (left: Problem, right: Problem) -> Bool {
        if left.kind != right.kind {
            return (ProblemKind.allCases.firstIndex(of: left.kind) ?? 0)
                < (ProblemKind.allCases.firstIndex(of: right.kind) ?? 0)
        }
        return (left.path?.string ?? "", left.place, left.detail) < (
            right.path?.string ?? "", right.place, right.detail
        )
    }
}

/// A kind of damage. The order of the kinds is the order in which people should look at them.
public enum ProblemKind: String, Hashable, Sendable, CaseIterable {
    /// The files of the pool have another chunk size than assumed.
    case wrongChunkSize = "wrong-chunk-size"
    /// One identifier under several paths (docs/layout.md#d6).
    case doubleReference = "double-reference"
    /// A reference to a file without its first chunk, which has the size (docs/layout.md#d7).
    case danglingReference = "dangling-reference"
    /// A file without a chunk, as the old driver stores empty files (docs/layout.md#d3): no
    /// registry can read, replace or delete it.
    case emptyFile = "empty-file"
    /// Chunk 0 has no size.
    case missingSize = "missing-size"
    /// Chunk 0 has an impossible size, or not the size of the content.
    case badSize = "bad-size"
    /// A chunk is missing.
    case missingChunk = "missing-chunk"
    /// A chunk is shorter than its part of the file (docs/layout.md#d14).
    case shortChunk = "short-chunk"
    /// A chunk is longer than the chunk size (docs/layout.md#d1, #d2).
    case longChunk = "long-chunk"
    /// The content of a blob does not have its digest.
    case digestMismatch = "digest-mismatch"
    /// A directory with entries that its parent does not list (docs/layout.md#d8, #d9).
    case unlistedDirectory = "unlisted-directory"
    /// A listed directory without an object (docs/layout.md#d8, #d9).
    case missingDirectory = "missing-directory"
    /// A key that the rules for paths do not allow (docs/layout.md#d11).
    case badName = "bad-name"
    /// A link without a digest or with another digest than in its path, or a tag without a link.
    case badLink = "bad-link"
    /// A blob that a manifest needs is missing.
    case missingBlob = "missing-blob"
    /// A manifest that a tag or an index names has no link in its repository.
    case missingRevision = "missing-revision"
    /// An invalid manifest.
    case badManifest = "bad-manifest"
    /// A blob that a manifest needs has no link in the repository.
    case missingLayerLink = "missing-layer-link"
    /// Bytes or chunks after the end of a file (docs/layout.md#d4).
    case surplusChunk = "surplus-chunk"
    /// Chunks without a reference (docs/layout.md#d5, #d7, #d10).
    case orphanBlob = "orphan-blob"
    /// A link to a blob that no manifest of the repository needs.
    case unusedLayerLink = "unused-layer-link"
    /// A signature, an attestation or another companion without its image.
    case orphanCompanion = "orphan-companion"
    /// An abandoned upload.
    case staleUpload = "stale-upload"
    /// A repository without manifests, tags and uploads.
    case emptyRepository = "empty-repository"
    /// A directory without keys (docs/layout.md#d9).
    case emptyDirectory = "empty-directory"
    /// A manifest that readers may understand in different ways.
    case ambiguousManifest = "ambiguous-manifest"
    /// A manifest with a wrong size of a blob.
    case wrongSize = "wrong-size"
    /// A directory with too many keys for an OSD.
    case largeOmap = "large-omap"
    /// An object that does not belong to the registry.
    case foreignObject = "foreign-object"
}

/// The severity of a problem.
public enum ProblemSeverity: String, Hashable, Sendable, CaseIterable {
    /// Content cannot be read or served, or will be lost without a repair.
    case error
    /// Unused space.
    case waste
    /// Harmless.
    case info
}
