/// What a file of the registry's tree is, as its path says it (`LAYOUT` §2).
enum RegistryFile: Hashable, Sendable {
    /// The content of a blob.
    case blob(Digest)
    /// The link that lets a repository serve a manifest.
    case revision(Digest)
    /// The link to a signature of a manifest (schema 1).
    case signature(Digest, of: Digest)
    /// The link that says what a tag names now.
    case currentLink(tag: String)
    /// The link to what a tag names, or named once.
    case tagIndex(Digest)
    /// The link that lets a repository serve a blob.
    case layer(Digest)
    /// A file of an unfinished upload; `directory` is the upload's.
    case upload(directory: StoragePath)

    /// True for the content of a blob.
    var isBlob: Bool {
        if case .blob = self { true } else { false }
    }

    /// True for a file of an unfinished upload.
    var isUpload: Bool {
        if case .upload = self { true } else { false }
    }

    /// The digest that the path says, of the content itself or of what a link holds; nil for a tag's current link, and for uploads.
    var digest: Digest? {
        switch self {
        case .blob(let digest), .revision(let digest), .signature(let digest, _), .tagIndex(let digest),
            .layer(let digest):
            digest
        case .currentLink, .upload: nil
        }
    }
}

extension RegistryPaths {
    /// Where collections keep what nothing needed, until it is needed again or freed: beside the registry's root, no registry looks there.
    public var quarantine: StoragePath { root.parent.appending(.literal("regtop-quarantine")) }

    /// Where regtop keeps what was taken away and may come back.
    var holdings: [StoragePath] { [trash, quarantine] }

    /// Whether a path lies in regtop's trash or quarantine: not in use there, and referred to all the same.
    func isHeld(_ path: StoragePath) -> Bool { holdings.contains(where: path.isBelow) }

    /// What the file at a path is; nil for what is none of the registry's.
    func file(at path: StoragePath) -> RegistryFile? {
        guard path.isBelow(root) else { return nil }
        guard path.isBelow(repositories) else { return digest(ofBlob: path).map { .blob($0) } }
        let own = path.components.dropFirst(repositories.components.count).drop { $0.first != "_" }
        let parts = Array(own)
        guard let first = parts.first, own.startIndex > repositories.components.count else { return nil }
        func named(_ index: Int) -> Digest? { Digest(algorithm: parts[index], hex: parts[index + 1]) }
        switch (first, parts.count) {
        case ("_uploads", 3...):
            return .upload(directory: .literal(Array(path.components.prefix(own.startIndex + 2))))
        case ("_layers", 4) where parts[3] == "link": return named(1).map { .layer($0) }
        case ("_manifests", 5) where parts[1] == "revisions" && parts[4] == "link":
            return named(2).map { .revision($0) }
        case ("_manifests", 8) where parts[1] == "revisions" && parts[4] == "signatures" && parts[7] == "link":
            guard let manifest = named(2), let signature = named(5) else { return nil }
            return .signature(signature, of: manifest)
        case ("_manifests", 5) where parts[1] == "tags" && parts[3] == "current" && parts[4] == "link":
            return .currentLink(tag: parts[2])
        case ("_manifests", 7) where parts[1] == "tags" && parts[3] == "index" && parts[6] == "link":
            return named(4).map { .tagIndex($0) }
        default: return nil
        }
    }

    /// The digest of the blob whose file this path is; nil if it is no blob's.
    public func digest(ofBlob path: StoragePath) -> Digest? {
        let parts = path.components.suffix(4)
        guard parts.count == 4, let hex = parts.dropLast().last, let algorithm = parts.first,
            let digest = Digest(algorithm: algorithm, hex: hex), blob(digest) == path
        else { return nil }
        return digest
    }
}
