/// One reason why a blob is kept: a tag, or a manifest without a tag, that reaches it.
public struct BlobUse: Hashable, Sendable {
    /// The repository.
    public let repository: RepositoryName
    /// The tag; nil if only the manifest's revision link keeps it.
    public let tag: String?
    /// The manifest which the tag or the revision link names, and from which the blob is reached.
    public let digest: Digest
    /// The manifests on the way, from `digest` to the one that names the blob; empty if the blob is that manifest itself.
    public let path: [Digest]
}
