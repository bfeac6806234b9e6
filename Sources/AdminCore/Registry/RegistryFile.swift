/// What a file of the registry's tree is, as its path says it (docs/layout.md#paths).
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

    /// True for a link that lets a repository serve a blob.
    var isLayerLink: Bool {
        if case .layer = self { true } else { false }
    }

    /// True for a file of an unfinished upload.
    var isUpload: Bool {
        if case .upload = self { true } else { false }
    }

    /// The directory of the unfinished upload that the file is part of; nil for others.
    var uploadDirectory: StoragePath? {
        if case .upload(let directory) = self { directory } else { nil }
    }

    /// The digest that the path says, of the content itself or of what a link holds; nil for a tag's current link,
    /// and for uploads.
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
    /// Where collections keep what nothing needed, until it is needed again or freed: beside the registry's root, no
    /// registry looks there.
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
        guard let last = parts.last, parts.count > 2 else { return nil }
        if first == "_uploads" {
            return .upload(directory: .literal(Array(path.components.prefix(own.startIndex + 2))))
        }
        guard last == "link" else { return nil }
        let inner = parts.dropFirst().dropLast()
        switch (first, inner.first) {
        case ("_layers", _): return Digest(directories: inner).map { .layer($0) }
        case ("_manifests", "revisions"):
            let rest = inner.dropFirst()
            guard let middle = rest.firstIndex(of: "signatures") else {
                return Digest(directories: rest).map { .revision($0) }
            }
            guard let manifest = Digest(directories: rest[..<middle]),
                let signature = Digest(directories: rest[(middle + 1)...])
            else { return nil }
            return .signature(signature, of: manifest)
        case ("_manifests", "tags"):
            let rest = inner.dropFirst()
            guard let tag = rest.first, rest.count > 1 else { return nil }
            if Array(rest.dropFirst()) == ["current"] { return .currentLink(tag: tag) }
            guard rest.dropFirst().first == "index" else { return nil }
            return Digest(directories: rest.dropFirst(2)).map { .tagIndex($0) }
        default: return nil
        }
    }

    /// The tag, or the manifest, whose link in a repository this path is; nil for other files.
    func reference(of path: StoragePath) -> ImageReference? {
        guard let name = repositoryName(of: path) else { return nil }
        return switch file(at: path) {
        case .currentLink(let tag): ImageReference(name, .tag(tag))
        case .revision(let digest): ImageReference(name, .digest(digest))
        case .blob, .signature, .tagIndex, .layer, .upload, nil: nil
        }
    }

    /// The digest of the blob whose file this path is; nil if it is no blob's.
    public func digest(ofBlob path: StoragePath) -> Digest? {
        let blobs = root.components + ["blobs"]
        guard path.name == "data", path.components.count > blobs.count + 3, path.components.starts(with: blobs) else {
            return nil
        }
        var directories = path.components[blobs.count...].dropLast()
        directories.remove(at: directories.endIndex - 2)
        guard let digest = Digest(directories: directories), blob(digest) == path else { return nil }
        return digest
    }
}
