/// What deep looks remember of blobs that they have hashed and found right, so that one that was stopped can be gone on with.
///
/// Concurrency: told from any task, many at once.
public protocol HashMemory: Sendable {
    /// Whether this blob was found right before, and is what it was then as far as can be told without reading it.
    func knows(_ blob: HashedBlob) -> Bool

    /// Told once, before the first blob is hashed: so many are known, of so many bytes together, and are not hashed again.
    func takes(_ blobs: Int, bytes: UInt64)

    /// Told of each blob that was hashed and is right.
    func remember(_ blob: HashedBlob)
}

/// A blob that was hashed: by what it is told from the same blob pushed, repaired or changed later.
public struct HashedBlob: Hashable, Sendable {
    /// The identifier of its chunks.
    public let blob: BlobIdentifier
    /// The digest that it has.
    public let digest: Digest
    /// Its bytes.
    public let size: UInt64
    /// When the chunk of it that was written last was written, in seconds since 1970.
    public let modified: UInt32

    /// See the properties.
    public init(blob: BlobIdentifier, digest: Digest, size: UInt64, modified: UInt32) {
        self.blob = blob
        self.digest = digest
        self.size = size
        self.modified = modified
    }
}
