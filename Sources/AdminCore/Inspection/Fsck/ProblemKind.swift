/// What kind of damage was found. In the order in which a person should look at them.
public enum ProblemKind: String, Hashable, Sendable, CaseIterable {
    /// The pool's files have another chunk size than was assumed: no size was checked.
    case wrongChunkSize = "wrong-chunk-size"
    /// One identifier under several paths (docs/layout.md#d6).
    case doubleReference = "double-reference"
    /// A reference whose content is gone, or its first chunk, and the size with it (docs/layout.md#d7).
    case danglingReference = "dangling-reference"
    /// A file without any chunk, as the old driver keeps what has no bytes (docs/layout.md#d3): no registry can read,
    /// replace or delete it.
    case emptyFile = "empty-file"
    /// Chunk 0 says no size.
    case missingSize = "missing-size"
    /// Chunk 0 says a size that cannot be.
    case badSize = "bad-size"
    /// A chunk is not there.
    case missingChunk = "missing-chunk"
    /// A chunk ends before its part of the file does (docs/layout.md#d14).
    case shortChunk = "short-chunk"
    /// A chunk is longer than any may be (docs/layout.md#d1, #d2).
    case longChunk = "long-chunk"
    /// The content of a blob has another digest.
    case digestMismatch = "digest-mismatch"
    /// A directory that holds something and that its parent does not list (docs/layout.md#d8, #d9).
    case unlistedDirectory = "unlisted-directory"
    /// A directory that is listed and has no object (docs/layout.md#d8, #d9).
    case missingDirectory = "missing-directory"
    /// A key that none of the driver's rules allow (docs/layout.md#d11).
    case badName = "bad-name"
    /// A link that holds no digest, or another one than its path says, or is not there.
    case badLink = "bad-link"
    /// A blob that a manifest needs is not there.
    case missingBlob = "missing-blob"
    /// A manifest that a tag or an index names has no link in the repository.
    case missingRevision = "missing-revision"
    /// A manifest that is none.
    case badManifest = "bad-manifest"
    /// A blob that a manifest needs is there, and the repository has no link to it.
    case missingLayerLink = "missing-layer-link"
    /// Bytes or chunks behind the end of a file (docs/layout.md#d4).
    case surplusChunk = "surplus-chunk"
    /// Chunks that nothing refers to (docs/layout.md#d5, #d7, #d10).
    case orphanBlob = "orphan-blob"
    /// A link to a blob that no manifest of the repository needs.
    case unusedLayerLink = "unused-layer-link"
    /// A signature, an attestation or another companion whose image is gone.
    case orphanCompanion = "orphan-companion"
    /// An upload that nobody has gone on with.
    case staleUpload = "stale-upload"
    /// A repository without manifests, tags and uploads.
    case emptyRepository = "empty-repository"
    /// A directory without any key (docs/layout.md#d9).
    case emptyDirectory = "empty-directory"
    /// A manifest that readers may understand differently.
    case ambiguousManifest = "ambiguous-manifest"
    /// A manifest that is wrong about the size of a blob.
    case wrongSize = "wrong-size"
    /// A directory with so many keys that an OSD suffers.
    case largeOmap = "large-omap"
    /// An object that is not the registry's.
    case foreignObject = "foreign-object"
}

/// How bad a problem is.
public enum ProblemSeverity: String, Hashable, Sendable, CaseIterable {
    /// Something cannot be read or served, or will be lost if nobody acts.
    case error
    /// Space that nobody uses.
    case waste
    /// Worth knowing.
    case info
}
