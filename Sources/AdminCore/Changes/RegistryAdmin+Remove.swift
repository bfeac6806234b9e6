extension RegistryAdmin {
    /// Drops the links of a target for good, stage by stage, each guarded by its identifier, and prunes what is empty then. What somebody else
    /// changed since the plan stays. Gives notes; throws `ChangeError.changed` if a planned link stays, and errors of the store.
    func remove(
        _ target: ChangePlan.Target, _ handling: RepositoryHandling, _ counter: ProgressCounter
    ) async throws -> [String] {
        try await watching(target.layerNames, counterpart: nil, keepsLinks: handling.keepsLayerLinks) {
            let notes = try await dropLinks(of: target, counter)
            return try await notes + lookBack(at: target, handling)
        }
    }

    private func dropLinks(of target: ChangePlan.Target, _ counter: ProgressCounter) async throws -> [String] {
        if let first = target.links.first {
            try await driver.journal.forget(Set(target.links.map(\.blob)), of: first.path)
        }
        let changed = try await driver.pruner.prune(target.directories, below: paths.repositories) {
            var changed: [StoragePath] = []
            for stage in target.stages {
                changed += try await driver.writer.each(stage) { link in
                    let removed = try await remove(link)
                    counter.advance()
                    return removed ? nil : link.path
                }.compactMap(\.self)
            }
            return changed
        }.value
        let planned = Set(target.links.map(\.path))
        let left = try await clearUp(target)
        let stay = left.files.filter(planned.contains)
        return try await left.notes(paths) + staying(Set(changed + stay), of: target)
    }

    /// Drops one link if it is still the plan's: the same identifier, and for a tag's current link the same digest in it. A registry that
    /// retags writes into the same identifier; so the link is read once more after it is gone, and put back if it says something else.
    private func remove(_ link: ChangePlan.Link) async throws -> Bool {
        guard try await driver.writer.exchange(link.blob, for: nil, at: link.path) else { return false }
        guard try await isRetagged(link) else { return true }
        if try await driver.writer.publish([(link.path, link.blob)]).isEmpty {
            try await driver.writer.linkUp([link.path.parent])
        }
        return false
    }

    /// Whether a link that has left its place says another digest than planned: a push overwrote it in place meanwhile.
    func isRetagged(_ link: ChangePlan.Link) async throws -> Bool {
        guard let planned = link.digest else { return false }
        return try await digest(in: link.blob, at: link.path) != planned
    }
}
