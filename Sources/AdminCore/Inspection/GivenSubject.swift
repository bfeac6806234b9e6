/// What a user names where a file is asked: as `BlobSubject`, with a digest that may be shortened.
public enum GivenSubject: Hashable, Sendable {
    /// A path, a tag, or a whole digest.
    case whole(BlobSubject)
    /// The blob whose digest begins so.
    case blob(DigestPrefix)
    /// The manifest of a repository whose digest begins so.
    case manifest(RepositoryName, DigestPrefix)

    /// What the text means: a path if it begins with a slash, else a digest if it may be one, else a reference; nil if it is none of them.
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
    /// What is meant. A whole name is not looked for; a shortened digest is compared with what is there. Throws `DigestPrefixError`, and errors
    /// of the store.
    public func subject(_ given: GivenSubject) async throws -> BlobSubject {
        switch given {
        case .whole(let subject): subject
        case .blob(let prefix): .digest(try await blob(matching: prefix))
        case .manifest(let name, let prefix): .reference(try await reference(.short(name, prefix)))
        }
    }
}
