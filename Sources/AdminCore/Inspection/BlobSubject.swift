/// Which file is to be inspected: what a user names where `chunks` is asked.
public enum BlobSubject: Hashable, Sendable {
    /// Any file of the tree.
    case path(StoragePath)
    /// The blob with this digest.
    case digest(Digest)
    /// The manifest that a tag or a digest of a repository names.
    case reference(ImageReference)

    /// What the text means: a path if it begins with a slash, else a digest if it is one, else a reference; nil if it is none of them.
    public init?(_ text: String) {
        if text.hasPrefix("/") {
            guard let path = try? StoragePath(text) else { return nil }
            self = .path(path)
        } else if let digest = Digest(text) {
            self = .digest(digest)
        } else {
            guard let reference = ImageReference(text) else { return nil }
            self = .reference(reference)
        }
    }
}
