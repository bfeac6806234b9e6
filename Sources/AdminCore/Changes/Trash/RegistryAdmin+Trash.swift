extension RegistryAdmin {
    /// What goes into the trash together, and is restored together.
    struct TrashLoad: Sendable {
        /// What people call it.
        let name: String
        let kind: TrashItem.Kind
        /// The links by stage, in the order in which they leave.
        let stages: [[ChangePlan.Link]]
        /// The directories that are pruned afterwards where they are empty.
        let directories: [StoragePath]
        /// Up to which directory.
        let floor: StoragePath
    }

    /// Ids for so many deletions that begin now.
    func trashIDs(count: Int) -> [TrashID] { TrashID.make(count: count, at: driver.policy.now) }

    /// Where a deletion is in the trash.
    func trashPath(_ id: TrashID) -> StoragePath { paths.trash.appending(.literal(id.string)) }

    /// Takes the links of a target into the trash. Gives notes; throws `ChangeError.changed` if a planned link stays.
    func trash(
        _ target: ChangePlan.Target, as id: TrashID, _ handling: RepositoryHandling, _ counter: ProgressCounter
    ) async throws -> [String] {
        try await watching(target.layerNames, counterpart: trashPath(id), keepsLinks: handling.keepsLayerLinks) {
            let notes = try await trash(target, as: id, counter)
            return try await notes + lookBack(at: target, handling)
        }
    }

    private func trash(_ target: ChangePlan.Target, as id: TrashID, _ counter: ProgressCounter) async throws -> [String]
    {
        let load = TrashLoad(
            name: target.reference.description, kind: target.reference.selector.trashKind, stages: target.stages,
            directories: target.directories, floor: paths.repositories)
        let (stay, remains) = try await trash(load, as: id, counter)
        let planned = Set(target.links.map(\.path))
        return try await remains.notes(paths) + staying(stay.union(remains.files.filter(planned.contains)), of: target)
    }

    /// Takes references from anywhere into the trash, as one deletion that can be restored: for repairs. Each is
    /// guarded by its identifier. Gives the id, nil if nothing went there, and the paths that somebody else changed
    /// meanwhile, which stay as they are. Directories that are emptied by it go, up to `floor`. Throws errors of the
    /// store, and then everything is where it was, or the journal says so.
    public func trash(
        _ references: [(origin: StoragePath, blob: BlobIdentifier)], name: String, kind: TrashItem.Kind = .other,
        below floor: StoragePath = .root
    ) async throws -> (id: TrashID?, changed: [StoragePath]) {
        guard !references.isEmpty, let id = trashIDs(count: 1).first else { return (nil, []) }
        let load = TrashLoad(
            name: name, kind: kind, stages: [references.map { ChangePlan.Link(path: $0.origin, blob: $0.blob) }],
            directories: references.map(\.origin.parent).uniqued(), floor: floor)
        let counter = ProgressCounter(phase: "removing links", total: UInt64(references.count), handler: nil)
        let stay = try await trash(load, as: id, counter).stay
        return (stay.count == references.count ? nil : id, stay.sorted())
    }

    /// Takes links into the trash (docs/safety.md#trash-a-repository): all entries there at once, then each link
    /// leaves its place, stage by stage; what that leaves empty is pruned at the very end. Where it fails, all of it
    /// is taken back. Gives the links that were changed by somebody else and stay where they were, and what else lies
    /// below the directories afterwards.
    func trash(
        _ load: TrashLoad, as id: TrashID, _ counter: ProgressCounter
    ) async throws -> (stay: Set<StoragePath>, remains: Remains) {
        let path = trashPath(id)
        let note = Holding.Note(
            name: load.name, kind: load.kind.rawValue, by: by.description, begun: driver.policy.now)
        var remains = Remains(files: [], unruly: [], isPruned: true)
        var isGone = false
        do {
            let stay = try await driver.holdings.put(
                load.stages.map { stage in stage.map { (origin: $0.path, blob: $0.blob) } }, at: path, note,
                below: load.floor
            ) { stages in
                var stay: Set<StoragePath> = []
                for (links, moves) in zip(load.stages, stages) {
                    let left = try await driver.writer.each(zip(links, moves)) { link, move in
                        defer { counter.advance() }
                        return try await leave(link, for: move)
                    }
                    stay.formUnion(zip(links, left).filter { !$0.1 }.map(\.0.path))
                }
                return stay
            } then: { stay in
                isGone = true
                remains = try await clearUp(load.directories, below: load.floor)
                if !stay.isEmpty { try await driver.pruner.prune([path]) }
            }
            return (stay, remains)
        } catch let error as StoreError where error.kind == .full && !isGone {
            throw ChangeError.noRoomForTrash(error)
        }
    }

    /// Lets one link leave for the trash if it still is the plan's: the same identifier and, for a tag's current
    /// link, the same digest in it. A registry that retags writes into the same identifier; so the link is read once
    /// more after it is gone, and put back if it says something else. False if it stays.
    private func leave(_ link: ChangePlan.Link, for move: FileMove) async throws -> Bool {
        guard try await driver.mover.leaveSource(move) else { return false }
        guard try await isRetagged(link) else { return true }
        // Where somebody has put another link by now, this one stays in the trash: nothing is lost.
        if try await driver.writer.publish([(link.path, link.blob)]).isEmpty {
            try await driver.writer.linkUp([link.path.parent])
            _ = try await driver.writer.exchange(link.blob, for: nil, at: move.destination)
        }
        return false
    }
}

extension ImageReference.Selector {
    fileprivate var trashKind: TrashItem.Kind {
        switch self {
        case .repository: .repository
        case .tag: .tag
        case .digest: .revision
        }
    }
}
