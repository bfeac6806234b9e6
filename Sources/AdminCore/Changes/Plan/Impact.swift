/// The costs and the gains of a change.
public struct Impact: Hashable, Sendable {
    /// Bytes of data that are gone when the change ends.
    public var bytes: UInt64 = 0
    /// Objects that are gone when the change ends: emptied directories; of a collection, chunks.
    public var objects: Int = 0
    /// Bytes that later collections can free because of it: content that nothing else in the
    /// registry needs, and the removed links themselves.
    public var reclaimable: UInt64 = 0
    /// Tags that are lost, as `repo:tag`, sorted.
    public var tags: [String] = []
    /// Tags that name the same manifests and stay, as `repo:tag`, sorted.
    public var siblingTags: [String] = []
    /// Manifests that stay, as `repo@digest`, sorted, and whose only index in their repository
    /// goes: they can only be pulled by their digest then.
    public var orphanedChildren: [String] = []
    /// Parts of an index that goes, or whose tag goes, which other indexes or tags name as well; a
    /// sentence for each, sorted.
    public var sharedChildren: [String] = []
    /// Indexes that stay, as `repo@digest`, sorted, and name a manifest that goes from their
    /// repository: they cannot be pulled whole then.
    public var brokenIndexes: [String] = []
    /// The number of blobs that the lost manifests reach and that something which stays needs, too.
    public var sharedBlobs: Int = 0
    /// Bytes of these blobs.
    public var sharedBytes: UInt64 = 0
    /// Manifests (revision links) that are lost.
    public var revisions: Int = 0
    /// Layer links that are lost.
    public var layers: Int = 0
    /// Unfinished uploads that are lost.
    public var uploads: Int = 0

    /// No impact.
    public init() {}
}
