/// The directories that are empty, and vanish, when some links are gone. Only reads.
struct EmptiedDirectories: Sendable {
    let registry: RegistryReader

    /// Returns those inside the targets, and above them up to, not including, the directory of all
    /// repositories.
    func find(removing targets: [ChangePlan.Target]) async throws -> Set<StoragePath> {
        try await find(removing: targets.flatMap(\.links), in: targets.flatMap(\.directories))
    }

    /// Returns those among the directories that are pruned once the links are gone.
    func find(removing links: [ChangePlan.Link], in directories: [StoragePath]) async throws -> Set<StoragePath> {
        let (storage, paths) = (registry.storage, registry.paths)
        let leaving = Dictionary(grouping: links.map(\.path), by: \.parent)
            .mapValues { Set($0.map { ByteString($0.name) }) }
        var gone: Set<StoragePath> = []
        var goneChildren = leaving
        for level in StoragePath.levels(of: directories) {
            let candidates = level.filter { $0.isBelow(paths.repositories) }
            let empty = try await concurrentMap(candidates, window: storage.window) { [goneChildren] directory in
                guard let entries = try await storage.entries(directory) else { return nil as StoragePath? }
                let leaving = goneChildren[directory] ?? []
                return entries.allSatisfy { leaving.contains($0.key) } ? directory : nil
            }.compactMap(\.self)
            for directory in empty {
                gone.insert(directory)
                goneChildren[directory.parent, default: []].insert(ByteString(directory.name))
            }
        }
        return gone
    }
}

extension Sequence where Element: Hashable {
    /// The elements, each once, in the order of their first appearance.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
