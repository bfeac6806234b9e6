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
    /// The stage in which a file of a repository is removed.
    func stage(of path: StoragePath) -> RemovalStage {
        switch part(of: path) {
        case .manifests where tag(of: path) != nil: currentTag(of: path) == nil ? .tagIndex : .currentLinks
        case .manifests: .revisions
        case .layers: .layers
        case .uploads, nil: .uploads
        }
    }
}
