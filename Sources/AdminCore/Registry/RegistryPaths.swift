public import StorageDriver

/// The grammar of the registry's tree (docs/layout.md#paths): builds paths, and parses them.
///
/// The registry's own directories begin with `_`, and no component of a repository's name does. So
/// the first component that begins with `_` ends the name.
public struct RegistryPaths: Hashable, Sendable {
    /// The root directory, `/docker/registry/v2` unless the registry is configured otherwise.
    public let root: StoragePath
    /// The directory of all repositories.
    public let repositories: StoragePath
    /// The directory of all blobs.
    public let blobs: StoragePath
    /// The directory of the links that regtop deleted, until they are restored or the trash is
    /// emptied. It lies beside the registry's root, and no registry reads it.
    public let trash: StoragePath
    /// The directory of the blobs and links that collections took, until they are restored or
    /// freed. It lies beside the trash.
    public let quarantine: StoragePath

    /// Creates the paths below `root`.
    public init(root: StoragePath = RegistryPaths.standardRoot) {
        self.root = root
        repositories = root.appending(.literal("repositories"))
        blobs = root.appending(.literal("blobs"))
        trash = root.parent.appending(.literal("regtop-trash"))
        quarantine = root.parent.appending(.literal("regtop-quarantine"))
    }

    /// `/docker/registry/v2`.
    public static let standardRoot: StoragePath = .literal("docker", "registry", "v2")

    /// The file in which a pull-through cache keeps the times at which its blobs expire. It lies
    /// outside of the registry's root.
    public static let schedule: StoragePath = .literal("scheduler-state.json")

    /// One of the directories that mark a directory as a repository.
    package enum Part: String, CaseIterable {
        case manifests = "_manifests"
        case layers = "_layers"
        case uploads = "_uploads"
    }

    /// The names of these directories.
    package static let parts = Part.allCases.map(\.rawValue)

    // MARK: - Repositories

    /// The directory of a repository; other repositories may lie below it.
    public func repository(_ name: RepositoryName) -> StoragePath {
        repositories.appending(.literal(name.components))
    }

    /// The directories of a repository that are its own, whether or not they are there. Those of
    /// repositories below its name are not among them.
    package func ownDirectories(_ name: RepositoryName) -> [StoragePath] { Part.allCases.map { part($0, of: name) } }

    private func part(_ part: Part, of name: RepositoryName) -> StoragePath {
        repository(name).appending(.literal(part.rawValue))
    }

    /// The directory with the links to the manifests of a repository.
    public func revisions(_ name: RepositoryName) -> StoragePath {
        part(.manifests, of: name).appending(.literal("revisions"))
    }

    /// The directory of one manifest's link and signatures.
    public func revision(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        revisions(name).appending(.literal(digest.directories))
    }

    /// The link that lets a repository serve a manifest.
    package func revisionLink(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        link(in: revision(name, digest))
    }

    /// The directory with the links to the signatures of a manifest (schema 1).
    package func signatures(_ name: RepositoryName, of digest: Digest) -> StoragePath {
        revision(name, digest).appending(.literal("signatures"))
    }

    /// The link to a signature of a manifest (schema 1).
    package func signatureLink(_ name: RepositoryName, _ signature: Digest, of digest: Digest) -> StoragePath {
        link(to: signature, below: signatures(name, of: digest))
    }

    /// The directory of the tags of a repository.
    public func tags(_ name: RepositoryName) -> StoragePath {
        part(.manifests, of: name).appending(.literal("tags"))
    }

    /// The directory of a tag; nil if the tag is no valid component.
    package func tag(_ name: RepositoryName, _ tag: String) -> StoragePath? { try? tags(name).appending(tag) }

    /// The current link of a tag, which holds the digest of its manifest; nil if the tag is no
    /// valid component.
    public func currentLink(_ name: RepositoryName, tag: String) -> StoragePath? {
        self.tag(name, tag)?.appending(.literal("current", "link"))
    }

    /// The directory with the links to the manifests that a tag names or has named; nil if the tag
    /// is no valid component.
    package func index(_ name: RepositoryName, tag: String) -> StoragePath? {
        self.tag(name, tag)?.appending(.literal("index"))
    }

    /// The link in the index of a tag to a manifest that the tag names or has named; nil if the tag
    /// is no valid component.
    package func indexLink(_ name: RepositoryName, tag: String, _ digest: Digest) -> StoragePath? {
        index(name, tag: tag).map { link(to: digest, below: $0) }
    }

    /// The directory with the links to the blobs that a repository may serve.
    public func layers(_ name: RepositoryName) -> StoragePath { part(.layers, of: name) }

    /// The link to one blob that a repository may serve.
    public func layerLink(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        link(to: digest, below: layers(name))
    }

    /// The directory of the unfinished uploads of a repository.
    public func uploads(_ name: RepositoryName) -> StoragePath { part(.uploads, of: name) }

    /// The link to a digest below a directory of such links.
    package func link(to digest: Digest, below directory: StoragePath) -> StoragePath {
        directory.appending(.literal(digest.directories + ["link"]))
    }

    /// The link that lies in a directory.
    package func link(in directory: StoragePath) -> StoragePath { directory.appending(.literal("link")) }

    // MARK: - Blobs

    /// The directory of the blobs whose digests begin with these two digits.
    func blobs(_ algorithm: String, _ digits: Substring) -> StoragePath {
        blobs.appending(.literal(algorithm, String(digits)))
    }

    /// The file of a blob.
    public func blob(_ digest: Digest) -> StoragePath {
        var directories = digest.directories
        directories.insert(String(digest.hex.prefix(2)), at: directories.count - 1)
        return blobs.appending(.literal(directories + ["data"]))
    }

    /// The digest of the blob whose file this path is; nil for other files.
    public func digest(ofBlob path: StoragePath) -> Digest? {
        let count = blobs.components.count
        guard path.name == "data", path.components.count > count + 3, path.isBelow(blobs) else { return nil }
        var directories = path.components[count...].dropLast()
        directories.remove(at: directories.endIndex - 2)
        guard let digest = Digest(directories: directories), blob(digest) == path else { return nil }
        return digest
    }

    // MARK: - Holdings

    /// The directories in which regtop keeps the references that it may restore.
    package var holdings: [StoragePath] { [trash, quarantine] }

    /// True if a path lies in regtop's trash or quarantine. A file there is not in use, but there
    /// is a reference to it.
    package func isHeld(_ path: StoragePath) -> Bool { holdings.contains(where: path.isBelow) }

    // MARK: - Parsing

    /// The index of the component that ends the name of the path's repository; nil for paths in no
    /// repository.
    private func partIndex(of path: StoragePath) -> Int? {
        guard path.isBelow(repositories) else { return nil }
        let first = repositories.components.count
        guard let index = path.components[first...].firstIndex(where: { $0.first == "_" }), index > first else {
            return nil
        }
        return index
    }

    /// The repository that a path below `repositories` belongs to. nil for other paths, also for
    /// the directory of a repository itself: see `repository(at:)`.
    public func repositoryName(of path: StoragePath) -> RepositoryName? {
        partIndex(of: path).flatMap { repository(in: path.components[..<$0]) }
    }

    /// The repository whose directory this is; nil for other paths.
    package func repository(at directory: StoragePath) -> RepositoryName? {
        directory.isBelow(repositories) ? repository(in: directory.components[...]) : nil
    }

    private func repository(in components: ArraySlice<String>) -> RepositoryName? {
        RepositoryName(components: Array(components.dropFirst(repositories.components.count)))
    }

    /// The part of a repository that a path is or lies in; nil for other paths.
    package func part(of path: StoragePath) -> Part? {
        partIndex(of: path).flatMap { Part(rawValue: path.components[$0]) }
    }

    /// The tag whose directory a path is or lies in; nil for other paths.
    package func tag(of path: StoragePath) -> String? {
        guard let index = partIndex(of: path), path.components.count > index + 2,
            path.components[index...].starts(with: [Part.manifests.rawValue, "tags"])
        else { return nil }
        return path.components[index + 2]
    }

    /// The name of the upload whose directory a path is or lies in, or of a stray file among the
    /// uploads; nil for other paths.
    package func upload(of path: StoragePath) -> String? {
        guard let index = partIndex(of: path), path.components.count > index + 1,
            path.components[index] == Part.uploads.rawValue
        else { return nil }
        return path.components[index + 1]
    }

    /// The meaning of the file at a path; nil for paths that do not belong to the registry.
    package func file(at path: StoragePath) -> RegistryFile? {
        guard path.isBelow(repositories) else { return digest(ofBlob: path).map { .blob($0) } }
        guard let index = partIndex(of: path), path.components.count > index + 2 else { return nil }
        let part = Part(rawValue: path.components[index])
        if part == .uploads { return .upload(directory: .literal(Array(path.components[...(index + 1)]))) }
        guard path.name == "link" else { return nil }
        let inner = path.components[(index + 1)...].dropLast()
        let rest = inner.dropFirst()
        switch (part, inner.first) {
        case (.layers, _): return Digest(directories: inner).map { .layer($0) }
        case (.manifests, "revisions"):
            guard let middle = rest.firstIndex(of: "signatures") else {
                return Digest(directories: rest).map { .revision($0) }
            }
            guard let manifest = Digest(directories: rest[..<middle]),
                let signature = Digest(directories: rest[(middle + 1)...])
            else { return nil }
            return .signature(signature, of: manifest)
        case (.manifests, "tags"):
            guard let tag = rest.first else { return nil }
            let own = rest.dropFirst()
            if own.elementsEqual(["current"]) { return .currentLink(tag: tag) }
            guard own.first == "index" else { return nil }
            return Digest(directories: own.dropFirst()).map { .tagIndex($0) }
        default: return nil
        }
    }

    /// The meaning of the only file of a directory: the content of a blob, or a link. nil for other
    /// directories.
    package func onlyFile(in directory: StoragePath) -> RegistryFile? {
        directory.isBelow(blobs)
            ? digest(ofBlob: directory.appending(.literal("data"))).map { .blob($0) } : file(at: link(in: directory))
    }

    /// The tag whose current link a path is; nil for other paths.
    package func currentTag(of path: StoragePath) -> String? {
        if case .currentLink(let tag) = file(at: path) { tag } else { nil }
    }

    /// The tag or the manifest whose link this path is; nil for other files.
    package func reference(of path: StoragePath) -> ImageReference? {
        guard let name = repositoryName(of: path) else { return nil }
        return switch file(at: path) {
        case .currentLink(let tag): ImageReference(name, .tag(tag))
        case .revision(let digest): ImageReference(name, .digest(digest))
        case .blob, .signature, .tagIndex, .layer, .upload, nil: nil
        }
    }
}

/// The meaning of a file of the registry's tree, by its path (docs/layout.md#paths).
package enum RegistryFile: Hashable, Sendable {
    /// The content of a blob.
    case blob(Digest)
    /// The link that lets a repository serve a manifest.
    case revision(Digest)
    /// The link to a signature of a manifest (schema 1).
    case signature(Digest, of: Digest)
    /// The current link of a tag.
    case currentLink(tag: String)
    /// The link to a manifest that a tag names or has named.
    case tagIndex(Digest)
    /// The link that lets a repository serve a blob.
    case layer(Digest)
    /// A file of an unfinished upload, and the upload's directory.
    case upload(directory: StoragePath)

    /// True for the content of a blob.
    package var isBlob: Bool {
        if case .blob = self { true } else { false }
    }

    /// True for a link that lets a repository serve a blob.
    package var isLayerLink: Bool {
        if case .layer = self { true } else { false }
    }

    /// True for a file of an unfinished upload.
    package var isUpload: Bool {
        if case .upload = self { true } else { false }
    }

    /// The directory of the unfinished upload that the file is part of; nil for others.
    package var uploadDirectory: StoragePath? {
        if case .upload(let directory) = self { directory } else { nil }
    }

    /// The digest of the content, or the digest in the path of a link; nil for a tag's current
    /// link, and for uploads.
    package var digest: Digest? {
        switch self {
        case .blob(let digest), .revision(let digest), .signature(let digest, _), .tagIndex(let digest),
            .layer(let digest):
            digest
        case .currentLink, .upload: nil
        }
    }
}
