/// In which order the links of a repository are removed: what is asked for first goes first, so that at every moment
/// what can be named can also be served. A move makes its destinations in the opposite order.
enum RemovalStage: Int, Hashable, CaseIterable {
    /// The links that say what a tag names now.
    case currentLinks
    /// The links to what a tag ever named.
    case tagIndex
    /// The links to manifests, and to their signatures.
    case revisions
    /// The links to blobs.
    case layers
    /// The files of unfinished uploads.
    case uploads
}

extension RegistryPaths {
    /// The directories a repository consists of; others of the same name's tree are not its own.
    func ownDirectories(_ name: RepositoryName) -> [StoragePath] {
        ["_manifests", "_layers", "_uploads"].map { repository(name).appending(.literal($0)) }
    }

    /// The directory of a tag; nil if the tag is no valid component.
    func tag(_ name: RepositoryName, _ tag: String) -> StoragePath? {
        try? tags(name).appending(tag)
    }

    /// The stage in which a file of a repository is removed.
    func stage(of path: StoragePath) -> RemovalStage {
        let own = ownComponents(path)
        return switch own.first {
        case "_manifests" where own.dropFirst().first == "tags":
            isCurrentLink(path) ? .currentLinks : .tagIndex
        case "_manifests": .revisions
        case "_layers": .layers
        default: .uploads
        }
    }

    /// True for `_manifests/tags/<tag>/current/link`.
    func isCurrentLink(_ path: StoragePath) -> Bool {
        let own = ownComponents(path)
        return own.count == 5 && own.starts(with: ["_manifests", "tags"]) && own.suffix(2) == ["current", "link"]
    }

    /// The tag that a current link of this repository belongs to.
    func tagName(of path: StoragePath, in name: RepositoryName) -> String? {
        guard isCurrentLink(path), path.isBelow(tags(name)) else { return nil }
        return path.components.dropLast(2).last
    }

    /// The part of a path that begins with the first component of the registry's own: `_manifests`, `_layers`,
    /// `_uploads`.
    private func ownComponents(_ path: StoragePath) -> [String] {
        Array(path.components.dropFirst(repositories.components.count).drop { $0.first != "_" })
    }
}
