/// Links to manifests, and current links of tags, by the hundred thousand: the path of a repository
/// is kept once, and of a link its name in it.
struct LinkList: Sendable {
    private enum Name: Sendable {
        case revision(Digest)
        case tag(String)
    }

    private var repositories: [StoragePath] = []
    private var numbers: [StoragePath: UInt32] = [:]
    private var links: [(repository: UInt32, blob: BlobIdentifier, name: Name)] = []

    /// The number of links.
    var count: Int { links.count }

    /// Appends a link of one of these kinds; others are left out.
    mutating func append(_ file: RegistryFile, at path: StoragePath, _ blob: BlobIdentifier) {
        let name: Name
        switch file {
        case .revision(let digest): name = .revision(digest)
        case .currentLink(let tag): name = .tag(tag)
        case .blob, .signature, .tagIndex, .layer, .upload: return
        }
        guard let own = path.components.lastIndex(of: "_manifests") else { return }
        let repository = StoragePath.literal(Array(path.components[..<own]))
        let number = numbers[repository] ?? UInt32(repositories.count)
        if number == repositories.count {
            repositories.append(repository)
            numbers[repository] = number
        }
        links.append((number, blob, name))
    }

    /// The link with a number.
    subscript(number: Int) -> CollectionIndex.Link {
        let (repository, blob, name) = links[number]
        let place = repositories[Int(repository)]
        switch name {
        case .revision(let digest):
            let path = place.appending(
                .literal(["_manifests", "revisions"] + digest.directories + ["link"]))
            return CollectionIndex.Link(path: PackedPath(path), blob: blob, file: .revision(digest))
        case .tag(let tag):
            let path = place.appending(.literal("_manifests", "tags", tag, "current", "link"))
            return CollectionIndex.Link(path: PackedPath(path), blob: blob, file: .currentLink(tag: tag))
        }
    }
}

/// A path as one string, for things that are kept by the hundred thousand.
struct PackedPath: Hashable, Sendable {
    private let string: String

    init(_ path: StoragePath) { string = path.string }

    /// The path.
    var path: StoragePath {
        .literal(string.split(separator: "/" as Character).map(String.init))
    }
}
