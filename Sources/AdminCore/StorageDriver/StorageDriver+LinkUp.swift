extension StorageDriver {
    /// `link_up` of docs/safety.md: makes sure that directories which have just got a child are listed, all the way
    /// up. Child first, then each parent, always up to the root, no early stop (the old driver may be pruning); then
    /// the chain is read downward again, and repeated if anything is missing. Throws `StorageError.notADirectory`
    /// where a file stands in the way.
    func linkUp(_ directories: some Sequence<StoragePath>) async throws {
        let levels = StorageDriver.levels(of: directories)
        for _ in 0..<StorageDriver.attempts {
            for level in levels {
                _ = try await each(StorageDriver.families(of: level)) { parent, children in
                    let names = children.map { (ByteString($0.name), [UInt8]()) }
                    let taken = try await insert(Dictionary(names) { first, _ in first }, into: parent)
                    if let file = children.first(where: { taken.contains(ByteString($0.name)) }) {
                        throw StorageError.notADirectory(file)
                    }
                }
            }
            let listed = try await concurrentMap(levels.reversed().joined(), window: reader.window) { directory in
                try await reader.entry(directory) != nil
            }
            if !listed.contains(false) { return }
        }
        throw StorageDriver.contention(StorageReader.directory(.root))
    }

    /// The directories of each parent, in the order of paths: always the same for the same directories.
    static func families(of directories: [StoragePath]) -> [(parent: StoragePath, children: [StoragePath])] {
        Dictionary(grouping: directories, by: \.parent).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The directories and all that lie above them, without the root, grouped by depth, the deepest first; each depth
    /// in the order of paths.
    static func levels(of directories: some Sequence<StoragePath>) -> [[StoragePath]] {
        var all: Set<StoragePath> = []
        for directory in directories {
            var path = directory
            while !path.isRoot, all.insert(path).inserted { path = path.parent }
        }
        return Dictionary(grouping: all, by: \.components.count).sorted { $0.key > $1.key }.map { $0.value.sorted() }
    }
}
