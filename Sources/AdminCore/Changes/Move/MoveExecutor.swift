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

    /// Moves a target. A tag that it replaces goes to the trash under `id`. Returns notes; throws
    /// `ChangeError.changed` if a link was changed meanwhile and stays at the source;
    /// `StorageError.alreadyExists` if the destination was taken meanwhile, and
    /// `StorageError.changedMeanwhile` if another client changed one of two tags of which one
    /// replaces the other: then nothing is moved.
    func move(_ target: ChangePlan.Target, replacedTo id: TrashID) async throws -> [String] {
        if !target.replacedStages.isEmpty { return try await replace(target, keepingOldAs: id) }
        let notes = try await moveAway(target)
        guard let returning = target.returning else { return notes }
        return try await notes + RestorationExecutor(context: context, counter: counter).restore(returning)
    }

    private func moveAway(_ target: ChangePlan.Target) async throws -> [String] {
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
        let departure = LinkDeparture(driver: driver, paths: paths)
        let (stay, notes) = try await driver.mover.move(
            moves, "move \(target.reference)\(target.destination.map { " to \($0)" } ?? "")",
            below: paths.repositories
        ) {
            var changed: [StoragePath] = []
            var retagged: [ChangePlan.Link] = []
            for stage in target.stages {
                let left = try await driver.writer.each(stage) { link in
                    defer { counter.advance() }
                    return try await departure.move(link)
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

    // MARK: - A tag that replaces another

    /// Moves a tag over another one, which goes to the trash, by one intent
    /// (docs/safety.md#replace-a-tag).
    private func replace(_ target: ChangePlan.Target, keepingOldAs id: TrashID) async throws -> [String] {
        let old = target.replacedStages
        let moves = target.stages.reversed().map { links in links.compactMap { $0.fileMove(in: paths) } }
        let note = Holding.Note(
            name: target.destination?.description ?? "", kind: TrashItem.Kind.tag.rawValue,
            by: context.by.description, begun: driver.policy.now)
        var notes: [String] = []
        _ = try await driver.holdings.put(
            old.map { links in links.map { (origin: $0.path, blob: $0.blob) } }, at: paths.holding(of: id), note,
            with: moves, "move \(target.reference)\(target.destination.map { " to \($0)" } ?? "")",
            below: paths.repositories
        ) { held in
            try await leave(target, held)
        } then: { retagged in
            if retagged { notes.append("a tag was pushed anew meanwhile; it is at its new name") }
            let emptied = target.directories + target.leavingReplaced.map(\.path.parent)
            notes += try await Leftovers.clear(emptied, below: paths.repositories, with: driver).notes(paths)
        }
        return notes
    }

    /// Puts the links of a tag in the places of those that they replace, and removes the others of
    /// both tags from their places. Current links are first: the name never lacks a manifest.
    /// Returns true if a push has written into a link of the source meanwhile.
    private func leave(_ target: ChangePlan.Target, _ held: [[FileMove]]) async throws -> Bool {
        let departure = LinkDeparture(driver: driver, paths: paths)
        let new = target.replacements
        for (links, moves) in zip(target.replacedStages, held) {
            _ = try await driver.writer.each(zip(links, moves)) { link, move in
                guard let blob = new[link.path] else {
                    guard try await departure.hold(link, by: move) else {
                        throw StorageError.changedMeanwhile(link.path)
                    }
                    return
                }
                let outcome = try await departure.replace(link, by: blob)
                if outcome == .changed {
                    _ = try await driver.writer.exchange(link.blob, for: nil, at: move.destination)
                }
                if outcome != .left { throw StorageError.changedMeanwhile(link.path) }
            }
        }
        var isRetagged = false
        for links in target.stages {
            let outcomes = try await driver.writer.each(links) { link in
                defer { counter.advance() }
                let outcome = try await departure.move(link)
                if outcome == .changed { throw StorageError.changedMeanwhile(link.path) }
                return outcome
            }
            isRetagged = isRetagged || outcomes.contains(.retagged)
        }
        return isRetagged
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
