/// What a user names on the command line: `repo`, `repo:tag` or `repo@sha256:…`.
public struct ImageReference: Hashable, Sendable {
    /// What of the repository is meant.
    public enum Selector: Hashable, Sendable {
        /// The repository itself.
        case repository
        /// One tag of it.
        case tag(String)
        /// One manifest of it.
        case digest(Digest)
    }

    /// The repository.
    public let repository: RepositoryName
    /// What of it.
    public let selector: Selector

    /// A reference of these parts; a tag must be a valid path component.
    public init?(_ repository: RepositoryName, _ selector: Selector = .repository) {
        if case .tag(let tag) = selector, !StoragePath.isValid(component: tag) { return nil }
        self.repository = repository
        self.selector = selector
    }

    /// The reference that the text says; nil if it is none.
    public init?(_ text: String) {
        if let at = text.firstIndex(of: "@") {
            guard let name = RepositoryName(text[..<at]), let digest = Digest(text[text.index(after: at)...]) else {
                return nil
            }
            self.init(name, .digest(digest))
        } else if let colon = text.firstIndex(of: ":") {
            guard let name = RepositoryName(text[..<colon]) else { return nil }
            self.init(name, .tag(String(text[text.index(after: colon)...])))
        } else {
            guard let name = RepositoryName(text) else { return nil }
            self.init(name, .repository)
        }
    }
}

extension ImageReference: CustomStringConvertible {
    /// The reference as a user writes it.
    public var description: String {
        switch selector {
        case .repository: repository.string
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        }
    }
}
