import ObjectStore
import StorageDriver
import Algorithms

/// A reference as users write it: `repo`, `repo:tag` or `repo@sha256:…`.
public struct ImageReference: Hashable, Sendable {
    /// The part of the repository that is meant.
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
    /// The part of the repository that is meant.
    public let selector: Selector

    /// Creates a reference of these parts; nil if the tag is no valid path component.
    public init?(_ repository: RepositoryName, _ selector: Selector = .repository) {
        if case .tag(let tag) = selector, !StoragePath.isValid(component: tag) { return nil }
        self.repository = repository
        self.selector = selector
    }

    /// Parses a reference; nil if the text is none.
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

extension ImageReference {
    /// The reason why no client can pull this name; nil if clients can. The rule is that of the
    /// registry (docker/distribution v2.3.1, reference/regexp.go), which is stricter than that of
    /// the storage driver.
    public var pullObstacle: String? {
        let component = /[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/
        guard repository.components.allSatisfy({ $0.wholeMatch(of: component) != nil }) else {
            return "no client can pull \(repository); use a-z and 0-9, with . _ __ or - between them"
        }
        guard repository.string.utf8.count <= 255 else {
            return "no client can pull a name of more than 255 characters"
        }
        guard case .tag(let tag) = selector else { return nil }
        return tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/) == nil
            ? "no client can pull the tag \(tag); use up to 128 letters, digits, _ . -, and no . or - in front" : nil
    }
}

/// A reference as users write it, with a digest that may be shortened.
public enum GivenReference: Hashable, Sendable {
    /// A repository, a tag, or a manifest by its whole digest.
    case whole(ImageReference)
    /// The manifest of a repository whose digest begins with a prefix.
    case short(RepositoryName, DigestPrefix)

    /// Parses a reference; nil if the text is none.
    public init?(_ text: String) {
        if let reference = ImageReference(text) {
            self = .whole(reference)
            return
        }
        guard let at = text.firstIndex(of: "@"), let name = RepositoryName(text[..<at]),
            let prefix = DigestPrefix(text[text.index(after: at)...])
        else { return nil }
        self = prefix.whole.flatMap { ImageReference(name, .digest($0)) }.map { .whole($0) } ?? .short(name, prefix)
    }

    /// The repository.
    public var repository: RepositoryName {
        switch self {
        case .whole(let reference): reference.repository
        case .short(let name, _): name
        }
    }
}

extension GivenReference: CustomStringConvertible {
    /// The reference as a user writes it.
    public var description: String {
        switch self {
        case .whole(let reference): reference.description
        case .short(let name, let prefix): "\(name)@\(prefix)"
        }
    }
}

extension RegistryReader {
    /// Returns the reference that the user means. A shortened digest is compared with the manifests
    /// that the repository links and with those that its tags name. A whole reference is not looked
    /// up.
    ///
    /// - Throws: `DigestPrefixError`, and the errors of the store.
    public func reference(_ given: GivenReference) async throws -> ImageReference {
        switch given {
        case .whole(let reference): return reference
        case .short(let name, let prefix):
            let digest = try await manifest(matching: prefix, of: name)
            guard let reference = ImageReference(name, .digest(digest)) else { throw DigestPrefixError.unknown(prefix) }
            return reference
        }
    }

    private func manifest(matching prefix: DigestPrefix, of name: RepositoryName) async throws -> Digest {
        async let tags = RepositoryInquiry(name: name, pass: pass(), scope: .tagLinks).facts([.tagNames]).tags
        let listed = (try await digests(below: paths.revisions(name)) ?? []).filter(prefix.matches)
        var held: [Digest] = []
        for wave in listed.chunks(ofCount: window) where held.count <= DigestPrefixError.listLimit {
            // The empty directory of a deleted revision is no manifest.
            held += try await concurrentMap(wave, window: window) {
                try await revision($0, of: name).isThere ? $0 : nil
            }.compactMap(\.self)
        }
        return try await prefix.only(of: held + tags.values.compactMap(\.digest).filter(prefix.matches))
    }

    /// Returns the digest of the blob that the user means. A whole digest is not looked up; for a
    /// shortened digest, reads the directories of the blobs.
    ///
    /// - Throws: `DigestPrefixError`, and the errors of the store.
    public func blob(matching prefix: DigestPrefix) async throws -> Digest {
        if let whole = prefix.whole { return whole }
        return try await prefix.only(of: blobs(matching: prefix))
    }

    /// The digests of the blobs that begin with a prefix: all of them, or more than an error lists.
    package func blobs(matching prefix: DigestPrefix) async throws -> [Digest] {
        let algorithms = prefix.algorithm.map { [$0] } ?? DigestPrefix.algorithms
        let named = try await concurrentMap(algorithms, window: algorithms.count) { algorithm in
            let directory = paths.blobs(algorithm, prefix.hex.prefix(2))
            let entries = try await storage.entries(directory) ?? []
            return RegistryReader.directories(in: entries).compactMap { Digest(algorithm: algorithm, hex: $0) }
        }.flatMap(\.self).filter(prefix.matches).sorted()
        var found: [Digest] = []
        for wave in named.chunks(ofCount: window) where found.count <= DigestPrefixError.listLimit {
            // Collections may leave the directory of a freed blob.
            found += try await concurrentMap(wave, window: window) {
                try await storage.entry(paths.blob($0)) == nil ? nil : $0
            }.compactMap(\.self)
        }
        return found
    }
}
