import ObjectStore
import Registry
import StorageDriver

/// Restores deletions from the trash.
struct RestorationExecutor: Sendable {
    let context: ChangeContext
    let counter: ProgressCounter

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Restores a deletion (docs/safety.md#restore), under its new name if it has one; layers first
    /// and tags last. Returns notes; throws `ChangeError.unsuitable` if a link stays in the trash,
    /// because its place was taken or another process has claimed it.
    func restore(_ target: RestorePlan.Target) async throws -> [String] {
        let path = paths.trash.appending(.literal(target.item.id))
        var entries = try await renamed(target, at: path)
        let (finished, reason) = try await finishedUploads(among: entries, in: path)
        entries.removeAll(where: finished.contains)
        let outcomes = try await restore(entries, of: path)
        counter.advance(by: UInt64(finished.count))
        for part in target.companions {
            _ = try await restore(part.entries, of: paths.trash.appending(.literal(part.id)))
        }
        let (taken, gone) = (outcomes.count { $0 == .taken }, outcomes.count { $0 == .gone })
        var left: [String] = []
        if taken > 0 {
            left.append("\(taken) of \(entries.count) links stay in the trash, as their places were taken meanwhile")
        }
        if gone > 0 { left.append("\(gone) of \(entries.count) links were claimed by another client, or are gone") }
        guard left.isEmpty || target.item.kind != .repository && target.item.kind != .tag && gone == 0 else {
            throw ChangeError.unsuitable(left.joined(separator: "; "))
        }
        if target.item.kind == .repository {
            let origin = target.entries.lazy.compactMap { paths.repositoryName(of: $0.origin) }.first
            left += try await LastLook(context: context).notes(afterRestoring: entries, from: origin)
        }
        if !finished.isEmpty {
            left.append("\(finished.count) uploaded files stay in the trash: \(reason)")
        }
        return left
    }

    /// Renames the links of a deletion in the trash, if it has a new name.
    private func renamed(_ target: RestorePlan.Target, at path: StoragePath) async throws -> [Holding.Entry] {
        guard let renaming = target.renaming, let destination = target.destination else { return target.entries }
        let note = try await driver.reader.holding(path)?.note
        let holding = Holding(path: path, note: note, entries: target.entries)
        try await driver.holdings.rename(holding, from: renaming.from, to: renaming.to, named: destination.description)
        return target.entries.map { entry in
            // Companions keep their names, which contain the digest of their image.
            guard entry.origin.isBelow(renaming.from) else { return entry }
            return Holding.Entry(
                origin: entry.origin.moved(from: renaming.from, to: renaming.to), blob: entry.blob, claim: nil)
        }
    }

    private func restore(
        _ entries: [Holding.Entry], of path: StoragePath
    ) async throws -> [Holdings.RestoreOutcome] {
        let outcomes = try await driver.holdings.restore(paths.staged(entries, by: \.origin).reversed(), of: path)
        counter.advance(by: UInt64(entries.count))
        return outcomes
    }

    /// Returns the uploads whose identifier something else has by now, and the reason why they stay
    /// in the trash: a registry that had read the identifier before the deletion has made a blob of
    /// it. If such an upload were restored, the registry's own purge would delete the blob
    /// (docs/layout.md#d6). Makes a complete scan if there are any uploads; if no scan can be made,
    /// returns all uploads.
    private func finishedUploads(
        among entries: [Holding.Entry], in path: StoragePath
    ) async throws -> (Set<Holding.Entry>, why: String) {
        let uploads = entries.filter { paths.file(at: $0.origin)?.isUpload ?? false }
        if uploads.isEmpty { return ([], "") }
        do {
            let census = try await driver.reader.references(
                to: Set(uploads.map(\.blob)), now: driver.policy.now)
            let holding = StorageReader.directory(path)
            return (
                Set(uploads.filter { entry in census.isReferred(entry.blob) { $0.object != holding } }),
                "a registry has finished these uploads, and the blobs are their own"
            )
        } catch let error as StoreError where error.kind == .incomplete {
            return (Set(uploads), "whether a registry has finished these uploads cannot be told: \(error)")
        }
    }
}
