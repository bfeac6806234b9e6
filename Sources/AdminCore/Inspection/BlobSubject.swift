public import Registry
public import StorageDriver

/// A file that a user names.
public enum BlobSubject: Hashable, Sendable {
    /// Any file of the tree.
    case path(StoragePath)
    /// The blob with this digest.
    case digest(Digest)
    /// The manifest that a tag or a digest of a repository names.
    case reference(ImageReference)

    /// Reads a path if the text begins with a slash, else a digest, else a reference; nil if the
    /// text is none of these.
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

/// A file that a user names, possibly by a shortened digest.
public enum GivenSubject: Hashable, Sendable {
    /// A path, a reference with a tag, or a whole digest.
    case whole(BlobSubject)
    /// The blob with this prefix of its digest.
    case blob(DigestPrefix)
    /// The manifest of a repository with this prefix of its digest.
    case manifest(RepositoryName, DigestPrefix)

    /// Reads a path if the text begins with a slash, else a digest or a prefix of one, else a
    /// reference; nil if the text is none of these.
    public init?(_ text: String) {
        if !text.hasPrefix("/"), let prefix = DigestPrefix(text) {
            self = prefix.whole.map { .whole(.digest($0)) } ?? .blob(prefix)
        } else if case .short(let name, let prefix)? = GivenReference(text) {
            self = .manifest(name, prefix)
        } else {
            guard let subject = BlobSubject(text) else { return nil }
            self = .whole(subject)
        }
    }
}

extension RegistryReader {
    /// Returns the subject with its digest completed. A whole name is not looked up.
    ///
    /// - Throws: `DigestPrefixError` if no digest, or more than one, has the prefix.
    public func subject(_ given: GivenSubject) async throws -> BlobSubject {
        switch given {
        case .whole(let subject): subject
        case .blob(let prefix): .digest(try await blob(matching: prefix))
        case .manifest(let name, let prefix): .reference(try await reference(.short(name, prefix)))
        }
    }
}
