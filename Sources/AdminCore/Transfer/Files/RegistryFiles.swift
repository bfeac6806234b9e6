import StorageDriver

/// A directory that distribution's filesystem driver wrote, or that `registry:DIR` exported.
struct RegistryFiles: FileTree {
    let directory: ConfinedDirectory

    var name: String { directory.path }

    func child(_ name: String, of path: StoragePath) throws -> FileNode? {
        let components = path.components + [name]
        guard let entry = try directory.entry(components) else { return nil }
        if entry.isDirectory { return .directory }
        // A symbolic link is not followed, and no part of a registry.
        guard entry.isFile else { return nil }
        return .file(.stored(components, size: entry.size, modified: entry.modified, in: directory))
    }

    func children(of path: StoragePath) throws -> [String]? {
        try directory.names(path.components)
    }
}
