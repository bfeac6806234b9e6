import ObjectStore
import Registry
import StorageDriver

/// Plans moves of repositories and tags. Only reads.
struct MovePlanner: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }
    private var finder: TargetFinder { TargetFinder(registry: registry, policy: policy) }

    /// See `ChangePlanner.move`. `id` is the deletion of a replaced tag, which returns to the name
    /// that the move leaves; nil for none.
    func plan(
        from source: ImageReference, to destination: ImageReference, force: Bool, handling: RepositoryHandling,
        returning id: String? = nil
    ) async throws -> ChangePlan {
        guard source != destination else {
            throw ChangeError.unsuitable("source and destination are the same, \(source)")
        }
        try Self.check(source, destination)
        guard case .tag(let tag) = destination.selector else {
            return try await repositoryMove(from: source, to: destination, handling)
        }
        return try await tagMove(from: source, to: destination, named: tag, force: force, returning: id)
    }

    /// Checks what can be checked without the pool.
    /// - Throws: `ChangeError.unsuitable` unless both are repositories, or tags of one repository.
    static func check(_ source: ImageReference, _ destination: ImageReference) throws(ChangeError) {
        switch (source.selector, destination.selector) {
        case (.repository, .repository): return
        case (.tag, .tag) where source.repository == destination.repository: return
        case (.tag, .tag):
            throw .unsuitable("a tag moves within its repository: \(source) cannot become \(destination)")
        case (.digest, _), (_, .digest):
            throw .unsuitable("a manifest is named by its digest and cannot be renamed: name a repository or a tag")
        default:
            throw .unsuitable("\(source) cannot become \(destination): name two repositories, or two tags of one")
        }
    }

    private func repositoryMove(
        from source: ImageReference, to destination: ImageReference, _ handling: RepositoryHandling
    ) async throws -> ChangePlan {
        let target = try await finder.target(source, takesUploads: handling.takesUploads)
        for directory in paths.ownDirectories(destination.repository) {
            do {
                _ = try await storage.stat(directory)
                throw ChangeError.destinationExists(destination)
            } catch StorageError.notFound {}
        }
        let from = paths.repository(source.repository)
        let to = paths.repository(destination.repository)
        let stages = target.stages.map { links in
            links.map { link in
                ChangePlan.Link(
                    path: link.path, blob: link.blob, digest: link.digest,
                    destination: link.path.moved(from: from, to: to))
            }
        }
        let moved = ChangePlan.Target(
            reference: source, destination: destination, stages: stages, directories: target.directories,
            uploadsInProgress: target.uploadsInProgress)
        var impact = Impact()
        impact.objects = try await EmptiedDirectories(registry: registry).find(removing: [moved]).count
        var notes = ["instant: no data is copied; clients must pull the new name"]
        if stages.joined().contains(where: { paths.stage(of: $0.path) == .uploads }) {
            notes.append("includes unfinished uploads; a push in progress will fail and must be restarted")
        }
        notes += handling.notes([moved], policy)
        return ChangePlan(action: .move, handling: handling, targets: [moved], impact: impact, notes: notes)
    }

    private func tagMove(
        from source: ImageReference, to destination: ImageReference, named tag: String, force: Bool,
        returning id: String?
    ) async throws -> ChangePlan {
        let name = source.repository
        let target = try await finder.target(source)
        guard case .tag(let old) = source.selector, let from = paths.tag(name, old), let to = paths.tag(name, tag)
        else { throw ChangeError.notFound(destination) }
        var notes: [String] = []
        var impact = Impact()
        var replaced: ChangePlan.Target?
        do {
            _ = try await storage.stat(to)
            guard force else { throw ChangeError.destinationExists(destination) }
            let present = try await finder.target(destination)
            if !present.links.isEmpty {
                impact.tags = [destination.description]
                notes += ReplacedTag.notes(destination, present.namedManifest, by: target.namedManifest)
                replaced = present
            }
        } catch StorageError.notFound {}
        var returning: RestorePlan.Target?
        if let id {
            returning = try await RestorationPlanner(registry: registry).replacedTag(id, at: from)
            notes.append(
                returning.map {
                    "\(source) is restored from the trash, and names \($0.digest?.string ?? "a manifest that cannot be read")"
                }
                    ?? "the tag that \(source) replaced is not in the trash any more; \(source) is free afterwards")
        }
        let present = Dictionary((replaced?.links ?? []).map { ($0.path, $0.blob) }) { first, _ in first }
        let stages = target.stages.map { links in
            links.map { link in
                let new = link.path.moved(from: from, to: to)
                // The move also replaces links of the tag's history that both tags have, although
                // they hold the same digest: so they can be taken back like the rest.
                return ChangePlan.Link(
                    path: link.path, blob: link.blob, digest: link.digest, destination: new, replaces: present[new])
            }
        }
        let moved = ChangePlan.Target(
            reference: source, destination: destination, stages: stages, directories: target.directories,
            replacedManifest: replaced?.namedManifest, replacedStages: replaced?.stages ?? [],
            returning: returning)
        // The directory of a link in the index holds this link only.
        impact.objects =
            try await EmptiedDirectories(registry: registry).find(removing: [moved]).count
            + Set(moved.leavingReplaced.map(\.path.parent)).count
        return ChangePlan(action: .move, targets: [moved], impact: impact, notes: notes)
    }
}
