import ObjectStore
import Registry
import StorageDriver

/// The files and directories below a target after its links have left.
struct Leftovers: Sendable {
    /// Files of the plan that could not be changed, and files that appeared meanwhile.
    var files: [StoragePath] = []
    /// Directories with an entry that is not the driver's, which nothing removes.
    var unruly: [StoragePath] = []
    /// False if empty directories stay.
    var isPruned = true

    /// Prunes these directories and those above them up to `floor`, where they are empty. Returns
    /// the rest.
    static func clear(
        _ directories: [StoragePath], below floor: StoragePath, with driver: StorageDriver
    ) async throws -> Leftovers {
        let directories = Set(directories)
        let roots = directories.filter { !directories.contains($0.parent) }
        let found = try await concurrentMap(roots, window: driver.reader.window) { root in
            try await driver.reader.walkIfThere(root) ?? []
        }.flatMap(\.self)
        let pruned = try await driver.pruner.prune(directories.union(found.compactMap(\.subdirectory)), below: floor)
        let unruly = found.filter { $0.path == nil }.map(\.directory)
        return Leftovers(
            files: found.compactMap(\.file?.path).sorted(), unruly: Set(unruly).sorted(), isPruned: pruned != nil)
    }

    /// A sentence about each leftover.
    func notes(_ paths: RegistryPaths) -> [String] {
        var notes = unruly.map { "\($0) is kept: it contains an entry with an invalid name (see `regtop ls`)" }
        if !isPruned {
            notes.append(
                "the emptied directories stay, since the pool is full; once there is space, the same command removes them"
            )
        }
        let uploads = files.compactMap { paths.file(at: $0)?.uploadDirectory }.uniqued()
        if let first = uploads.first {
            notes.append(
                uploads.count == 1
                    ? "an upload in progress stays where its client writes it, \(first)"
                    : "\(uploads.count) uploads in progress stay where their clients write them, \(first) among them")
        }
        let links = files.filter { paths.file(at: $0)?.isUpload != true }
        if let first = links.first {
            let end =
                links.allSatisfy { paths.file(at: $0)?.isLayerLink ?? false }
                ? "; catalogues show a repository that has layer links only, and regtop removes these once no push can need them any more"
                : ""
            notes.append(
                links.count == 1
                    ? "\(first) appeared meanwhile and stays\(end)"
                    : "\(links.count) links appeared meanwhile and stay, \(first) among them\(end)")
        }
        return notes
    }

    /// Returns sentences about planned links that another process changed or removed meanwhile. For
    /// a repository this is no error: content that was pushed anew stays, and is named. For a
    /// smaller target, or if all links of the target were changed or removed by others, throws
    /// `ChangeError.changed` if some of these links are at their places, `.gone` if none is.
    static func notes(
        on links: Set<StoragePath>, of target: ChangePlan.Target, with driver: StorageDriver
    ) async throws -> [String] {
        guard let any = links.min() else { return [] }
        let there = try await driver.writer.each(links.sorted()) { path in
            try await driver.reader.value(at: path) == nil ? nil : path
        }.compactMap(\.self)
        guard case .repository = target.reference.selector, links.count < target.links.count else {
            guard let stays = there.min() else { throw ChangeError.gone(any, count: links.count) }
            throw ChangeError.changed(stays, count: there.count)
        }
        var notes: [String] = []
        if let first = there.first {
            notes.append(
                there.count == 1
                    ? "\(first) was written anew meanwhile and stays"
                    : "\(there.count) links were written anew meanwhile and stay, \(first) among them")
        }
        let gone = links.subtracting(there)
        if let first = gone.min() {
            notes.append(
                gone.count == 1
                    ? "\(first) was moved or removed by another client meanwhile"
                    : "\(gone.count) links were moved or removed by another client meanwhile, \(first) among them")
        }
        return notes
    }
}

/// The directories that become empty, and are removed, when some links are gone. Only reads.
struct EmptiedDirectories: Sendable {
    let registry: RegistryReader

    /// Returns those inside the targets, and above them up to the directory of all repositories,
    /// without that directory.
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
