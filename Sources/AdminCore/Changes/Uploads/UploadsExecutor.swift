/// Removes unfinished uploads.
struct UploadsExecutor: Sendable {
    let context: ChangeContext
    let counter: ProgressCounter

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Removes an upload into the trash. Of files that belong to something else as well only the
    /// key goes, first of all, since a registry's own purge would delete both. Returns notes;
    /// throws `ChangeError.changed` if a file stays.
    func purge(_ target: UploadsPlan.Target, as id: TrashID) async throws -> [String] {
        let changed = try await unlink(target.pairs)
        let deposit = TrashDeposit(
            name: target.name, kind: .upload, stages: [target.links], directories: target.directories,
            floor: paths.repositories)
        let (stay, leftovers) = try await deposit.put(as: id, context, counter)
        return try notes(on: leftovers, staying: Set(changed).union(stay), of: target)
    }

    /// Removes an upload at once: its keys go, and its content is left to a collection. Returns
    /// notes; throws `ChangeError.changed` if a file stays.
    func drop(_ target: UploadsPlan.Target) async throws -> [String] {
        let changed = try await unlink(target.pairs + target.links)
        let leftovers = try await Leftovers.clear(target.directories, below: paths.repositories, with: driver)
        return try notes(on: leftovers, staying: Set(changed), of: target)
    }

    /// Drops keys, each guarded by its identifier. Returns those that somebody else changed
    /// meanwhile.
    private func unlink(_ links: [ChangePlan.Link]) async throws -> [StoragePath] {
        guard let first = links.first else { return [] }
        try await driver.journal.forget(Set(links.map(\.blob)), of: first.path)
        return try await driver.writer.each(links) { link in
            defer { counter.advance() }
            return try await driver.writer.exchange(link.blob, for: nil, at: link.path) ? nil : link.path
        }.compactMap(\.self)
    }

    private func notes(
        on leftovers: Leftovers, staying links: Set<StoragePath>, of target: UploadsPlan.Target
    ) throws -> [String] {
        let planned = Set((target.links + target.pairs).map(\.path))
        let stay = links.union(leftovers.files.filter(planned.contains))
        if let first = stay.min() { throw ChangeError.changed(first, count: stay.count) }
        return leftovers.notes(paths)
    }
}
