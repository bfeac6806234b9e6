import Algorithms

/// What a user names where a reference is asked: as `ImageReference`, with a digest that may be shortened.
public enum GivenReference: Hashable, Sendable {
    /// A repository, a tag, or a manifest by its whole digest.
    case whole(ImageReference)
    /// The manifest of a repository whose digest begins so.
    case short(RepositoryName, DigestPrefix)

    /// What the text says; nil if it is no reference.
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
    /// The reference that is meant. A whole one is not looked for; a shortened digest is compared with the manifests that the repository
    /// links, and with those that its tags name. Throws `DigestPrefixError`, and errors of the store.
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
            // What a deletion left behind is no manifest.
            held += try await concurrentMap(wave, window: window) {
                try await revision($0, of: name).isThere ? $0 : nil
            }.compactMap(\.self)
        }
        return try await prefix.only(of: held + tags.values.compactMap(\.digest).filter(prefix.matches))
    }

    /// The digest of the blob that is meant: a whole one as it is, whether or not there is such a blob; of a shortened one the blobs' directories
    /// are read. Throws `DigestPrefixError`, and errors of the store.
    public func blob(matching prefix: DigestPrefix) async throws -> Digest {
        if let whole = prefix.whole { return whole }
        return try await prefix.only(of: blobs(matching: prefix))
    }

    /// The digests of the blobs that begin so: all of them, or more than are listed.
    func blobs(matching prefix: DigestPrefix) async throws -> [Digest] {
        let algorithms = prefix.algorithm.map { [$0] } ?? DigestPrefix.algorithms
        let named = try await concurrentMap(algorithms, window: algorithms.count) { algorithm in
            let directory = paths.blobs(algorithm, prefix.hex.prefix(2))
            let entries = try await storage.entries(directory) ?? []
            return RegistryReader.directories(in: entries).compactMap { Digest(algorithm: algorithm, hex: $0) }
        }.flatMap(\.self).filter(prefix.matches).sorted()
        var found: [Digest] = []
        for wave in named.chunks(ofCount: window) where found.count <= DigestPrefixError.listLimit {
            // Collections leave the directories of what they freed.
            found += try await concurrentMap(wave, window: window) {
                try await storage.entry(paths.blob($0)) == nil ? nil : $0
            }.compactMap(\.self)
        }
        return found
    }
}
