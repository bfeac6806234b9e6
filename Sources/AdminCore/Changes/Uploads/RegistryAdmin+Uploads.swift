extension RegistryAdmin {
    /// Removes an upload: what belongs to something else as well loses its key, first of all, since a registry's own purge would delete
    /// both; the rest goes to the trash. Gives notes; throws `ChangeError.changed` if a file stays.
    func purge(_ target: UploadsPlan.Target, as id: TrashID, _ counter: ProgressCounter) async throws -> [String] {
        let changed = try await unlink(target.pairs, counter)
        let load = TrashLoad(
            name: target.name, kind: .upload, stages: [target.links], directories: target.directories,
            floor: paths.repositories)
        let (stay, remains) = try await trash(load, as: id, counter)
        return try report(Set(changed).union(stay), remains, of: target)
    }

    /// Removes an upload at once: its keys go, and its content is left to a collection.
    func drop(_ target: UploadsPlan.Target, _ counter: ProgressCounter) async throws -> [String] {
        let changed = try await unlink(target.pairs + target.links, counter)
        let remains = try await clearUp(target.directories, below: paths.repositories)
        return try report(Set(changed), remains, of: target)
    }

    /// Drops keys, each guarded by its identifier. Gives those that somebody else changed meanwhile.
    private func unlink(_ links: [ChangePlan.Link], _ counter: ProgressCounter) async throws -> [StoragePath] {
        guard let first = links.first else { return [] }
        try await driver.journal.forget(Set(links.map(\.blob)), of: first.path)
        return try await driver.writer.each(links) { link in
            defer { counter.advance() }
            return try await driver.writer.exchange(link.blob, for: nil, at: link.path) ? nil : link.path
        }.compactMap(\.self)
    }

    private func report(
        _ changed: Set<StoragePath>, _ remains: Remains, of target: UploadsPlan.Target
    ) throws -> [String] {
        let planned = Set((target.links + target.pairs).map(\.path))
        let stay = changed.union(remains.files.filter(planned.contains))
        if let first = stay.min() { throw ChangeError.changed(first, count: stay.count) }
        return remains.notes(paths)
    }
}
