/// Where the registry keeps what (docs/layout.md#paths), below its root directory.
public struct RegistryPaths: Hashable, Sendable {
    /// The root directory, `/docker/registry/v2` unless the registry was told otherwise.
    public let root: StoragePath

    /// The paths below `root`.
    public init(root: StoragePath = RegistryPaths.standardRoot) {
        self.root = root
    }

    /// `/docker/registry/v2`.
    public static let standardRoot: StoragePath = .literal("docker", "registry", "v2")

    /// Where a pull-through cache keeps the times at which its blobs expire: outside of the registry's root.
    public static let schedule: StoragePath = .literal("scheduler-state.json")

    /// The directory of all repositories.
    public var repositories: StoragePath { root.appending(.literal("repositories")) }

    /// Where regtop keeps what was deleted until it is restored or the trash is emptied, beside the registry's root:
    /// no registry looks there.
    public var trash: StoragePath { root.parent.appending(.literal("regtop-trash")) }

    /// The repository that a path below `repositories` belongs to: the components up to the first of the registry's
    /// own. nil for other paths.
    public func repositoryName(of path: StoragePath) -> RepositoryName? {
        guard path.isBelow(repositories) else { return nil }
        let components = path.components.dropFirst(repositories.components.count)
        let name = components.prefix { $0.first != "_" }
        return name.count < components.count ? RepositoryName(components: Array(name)) : nil
    }

    /// The directory of a repository; other repositories may lie below it.
    public func repository(_ name: RepositoryName) -> StoragePath {
        repositories.appending(.literal(name.components))
    }

    /// The links to the manifests of a repository.
    public func revisions(_ name: RepositoryName) -> StoragePath {
        repository(name).appending(.literal("_manifests", "revisions"))
    }

    /// The directory of one manifest's link and signatures.
    public func revision(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        revisions(name).appending(.literal(digest.directories))
    }

    /// The tags of a repository.
    public func tags(_ name: RepositoryName) -> StoragePath {
        repository(name).appending(.literal("_manifests", "tags"))
    }

    /// The link that says which manifest a tag names now; nil if the tag is no valid component.
    public func currentLink(_ name: RepositoryName, tag: String) -> StoragePath? {
        (try? tags(name).appending(tag))?.appending(.literal("current", "link"))
    }

    /// The links to the blobs that a repository may serve.
    public func layers(_ name: RepositoryName) -> StoragePath {
        repository(name).appending(.literal("_layers"))
    }

    /// The link to one blob that a repository may serve.
    public func layerLink(_ name: RepositoryName, _ digest: Digest) -> StoragePath {
        layers(name).appending(.literal(digest.directories + ["link"]))
    }

    /// The unfinished uploads of a repository.
    public func uploads(_ name: RepositoryName) -> StoragePath {
        repository(name).appending(.literal("_uploads"))
    }

    /// The directory of the blobs whose digests begin with these two digits.
    func blobs(_ algorithm: String, _ digits: Substring) -> StoragePath {
        root.appending(.literal("blobs", algorithm, String(digits)))
    }

    /// The directory of all blobs.
    public var blobs: StoragePath { root.appending(.literal("blobs")) }

    /// The file of a blob.
    public func blob(_ digest: Digest) -> StoragePath {
        var directories = digest.directories
        directories.insert(String(digest.hex.prefix(2)), at: directories.count - 1)
        return root.appending(.literal(["blobs"] + directories + ["data"]))
    }
}
