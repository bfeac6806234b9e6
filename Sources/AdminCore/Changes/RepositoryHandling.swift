/// What a removal or a renaming of repositories does with what registries are busy with.
public struct RepositoryHandling: Hashable, Sendable {
    /// True if uploads in progress go as well: whoever is pushing them gets an error. Otherwise they stay where their client writes them, and
    /// only uploads go in which nothing was written for longer than any push takes.
    public var takesUploads: Bool
    /// True if the links to layers stay at the source, too: a registry that remembers them is right then. The name stays in
    /// catalogues, without a tag, until it is deleted again.
    public var keepsLayerLinks: Bool

    /// See the properties.
    public init(takesUploads: Bool = false, keepsLayerLinks: Bool = false) {
        self.takesUploads = takesUploads
        self.keepsLayerLinks = keepsLayerLinks
    }
}
