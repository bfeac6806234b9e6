import ObjectStore
import Registry
import StorageDriver

/// Moves the links of a target (docs/safety.md#move-a-repository): all links appear at the
/// destination, layers first and tags last; then they are removed at the source in the opposite
/// order, key by key.
struct MoveExecutor: Sendable {
    let context: ChangeContext
    let handling: RepositoryHandling
    let counter: ProgressCounter

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Moves a target. Returns notes; throws `ChangeError.changed` if a link was changed meanwhile
    /// and stays at the source; `StorageError.alreadyExists` if the destination was taken
    /// meanwhile: then nothing is moved.
    func move(_ target: ChangePlan.Target) async throws -> [String] {
        let watch = LayerWatch(
            driver: driver, paths: paths, names: target.layerNames,
            counterpart: target.destination.map { paths.repository($0.repository) },
            keepsLinks: handling.keepsLayerLinks)
        return try await watch.during {
            try await moveLinks(of: target) + LastLook(context: context).notes(after: target, handling)
        }
    }

    private func moveLinks(of target: ChangePlan.Target) async throws -> [String] {
        let moves = target.stages.reversed().map { links in links.compactMap { $0.fileMove(in: paths) } }
        let departure = LinkDeparture(driver: driver)
        let (stay, notes) = try await driver.mover.move(
            moves, "move \(target.reference)\(target.destination.map { " to \($0)" } ?? "")",
            below: paths.repositories
        ) {
            var changed: [StoragePath] = []
            var retagged: [ChangePlan.Link] = []
            for stage in target.stages {
                let left = try await driver.writer.each(stage) { link in
                    defer { counter.advance() }
                    return try await departure.move(link, in: paths)
                }
                changed += zip(stage, left).filter { $0.1 == .changed }.map(\.0.path)
                retagged += zip(stage, left).filter { $0.1 == .retagged }.map(\.0)
            }
            return (changed, retagged)
        } then: { changed, retagged in
            var notes: [String] = []
            if !retagged.isEmpty { notes.append(try await bringAlong(retagged, of: target)) }
            // A link that stays leaves empty directories at its destination.
            let undone = Set(changed)
            try await driver.pruner.prune(
                target.links.filter { undone.contains($0.path) }.compactMap { $0.destination?.parent },
                below: paths.repositories)
            let planned = Set(target.links.map(\.path))
            let left = try await Leftovers.clear(target.directories, below: paths.repositories, with: driver)
            return (
                changed + left.files.filter(planned.contains),
                notes + left.notes(paths)
            )
        }
        return try await notes + Leftovers.notes(on: Set(stay), of: target, with: driver)
    }

    /// Moves the links of tags that were pushed while their repository moved: these links were
    /// written to the source after the plan. They are the links below the source's revisions and
    /// layers that are not at the destination.
    private func bringAlong(_ retagged: [ChangePlan.Link], of target: ChangePlan.Target) async throws -> String {
        guard let destination = target.destination, destination.repository != target.reference.repository else {
            return "a tag was pushed anew meanwhile; it is at its new name"
        }
        let late = try await TargetFinder(registry: context.registry, policy: driver.policy).target(target.reference)
        let from = paths.repository(target.reference.repository)
        let to = paths.repository(destination.repository)
        let moves = late.links.filter { [.revisions, .layers].contains(paths.stage(of: $0.path)) }.map { link in
            FileMove(
                blob: link.blob, source: link.path, destination: link.path.moved(from: from, to: to))
        }
        for move in moves {
            do {
                try await driver.mover.move([[move]], "move \(move.source) to \(move.destination)") {
                    _ = try await driver.mover.leaveSource(move)
                } then: {
                }
            } catch StorageError.alreadyExists {
                // The destination already has a link with the same meaning; the link at the source
                // is dropped.
                _ = try await driver.writer.exchange(move.blob, for: nil, at: move.source)
            }
        }
        let tags = retagged.compactMap { paths.currentTag(of: $0.path) }
        return "pushed anew meanwhile, and moved with what they name now: \(tags.sorted().joined(separator: ", "))"
    }
}
