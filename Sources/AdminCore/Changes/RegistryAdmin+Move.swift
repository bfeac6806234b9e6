extension RegistryAdmin {
    /// Moves the links of a target (docs/safety.md#move-a-repository): all of them appear at the destination, layers
    /// first and tags last, then they vanish at the source in the opposite order, key by key. Gives notes; throws
    /// `ChangeError.changed` if a link was changed meanwhile and stays at the source, `StorageError.alreadyExists` if
    /// the destination was taken meanwhile (then nothing was moved).
    func move(
        _ target: ChangePlan.Target, _ handling: RepositoryHandling, _ counter: ProgressCounter
    ) async throws -> [String] {
        let counterpart = target.destination.map { paths.repository($0.repository) }
        return try await watching(target.layerNames, counterpart: counterpart, keepsLinks: handling.keepsLayerLinks) {
            let notes = try await moveLinks(of: target, counter)
            return try await notes + lookBack(at: target, handling)
        }
    }

    private func moveLinks(of target: ChangePlan.Target, _ counter: ProgressCounter) async throws -> [String] {
        let moves = target.stages.reversed().map { links in links.compactMap { $0.fileMove(in: paths) } }
        let (stay, notes) = try await driver.moving(
            moves, "move \(target.reference)\(target.destination.map { " to \($0)" } ?? "")",
            below: paths.repositories
        ) {
            var changed: [StoragePath] = []
            var retagged: [ChangePlan.Link] = []
            for stage in target.stages {
                let left = try await driver.each(stage) { link in
                    defer { counter.advance() }
                    return try await leave(link)
                }
                changed += zip(stage, left).filter { $0.1 == .changed }.map(\.0.path)
                retagged += zip(stage, left).filter { $0.1 == .retagged }.map(\.0)
            }
            return (changed, retagged)
        } then: { changed, retagged in
            var notes: [String] = []
            if !retagged.isEmpty { notes.append(try await bringAlong(retagged, of: target)) }
            // What was not ours to move any more leaves empty directories where it was to go.
            let undone = Set(changed)
            try await driver.prune(
                target.links.filter { undone.contains($0.path) }.compactMap { $0.destination?.parent },
                below: paths.repositories)
            let planned = Set(target.links.map(\.path))
            let left = try await clearUp(target)
            return (
                changed + left.files.filter(planned.contains),
                notes + left.notes(paths)
            )
        }
        return try await notes + staying(Set(stay), of: target)
    }

    /// How a link left its source.
    private enum Leaving: Sendable {
        case moved
        /// Somebody else replaced it: it stays, and nothing of it is at the destination.
        case changed
        /// It is at the destination and says another digest than planned: a push overwrote it in place meanwhile.
        case retagged
    }

    private func leave(_ link: ChangePlan.Link) async throws -> Leaving {
        guard let move = link.fileMove(in: paths), try await driver.leaveSource(move) else { return .changed }
        guard let planned = link.digest, try await digest(in: link.blob, at: move.destination) != planned else {
            return .moved
        }
        return .retagged
    }

    /// A tag that was pushed anew while its repository moved names a manifest whose links were written to the source
    /// after the plan. They follow: what is below the source's revisions and layers now and not at the destination.
    private func bringAlong(_ retagged: [ChangePlan.Link], of target: ChangePlan.Target) async throws -> String {
        guard let destination = target.destination, destination.repository != target.reference.repository else {
            return "a tag was pushed anew meanwhile; it is at its new name"
        }
        let late = try await ChangePlanner(registry: registry, policy: driver.policy).target(target.reference)
        let from = paths.repository(target.reference.repository).components.count
        let to = paths.repository(destination.repository)
        let moves = late.links.filter { [.revisions, .layers].contains(paths.stage(of: $0.path)) }.map { link in
            StorageDriver.FileMove(
                blob: link.blob, source: link.path,
                destination: to.appending(.literal(Array(link.path.components.dropFirst(from)))))
        }
        for move in moves {
            do {
                try await driver.moving([[move]], "move \(move.source) to \(move.destination)") {
                    _ = try await driver.leaveSource(move)
                } then: {
                }
            } catch StorageError.alreadyExists {
                // The destination has this link already, with the same meaning; the source's is dropped.
                _ = try await driver.exchange(move.blob, for: nil, at: move.source)
            }
        }
        let tags = retagged.compactMap { paths.currentTag(of: $0.path) }
        return "pushed anew meanwhile, and moved with what they name now: \(tags.sorted().joined(separator: ", "))"
    }
}

extension ChangePlan.Link {
    /// The move that this link stands for; nil if it is removed. An upload may be finished meanwhile by whoever has
    /// read its identifier before: then the blob is to have it alone.
    func fileMove(in paths: RegistryPaths) -> StorageDriver.FileMove? {
        destination.map {
            StorageDriver.FileMove(
                blob: blob, source: path, destination: $0, replaces: replaces,
                yields: paths.file(at: path)?.isUpload ?? false)
        }
    }
}
