import ObjectStore
import Registry
import StorageDriver

/// Removes the links of a target, into the trash or for good.
struct RemovalExecutor: Sendable {
    let context: ChangeContext
    let handling: RepositoryHandling
    let counter: ProgressCounter

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Takes the links of a target into the trash. Returns notes; throws `ChangeError.changed` if a
    /// planned link stays.
    func trash(_ target: ChangePlan.Target, as id: TrashID) async throws -> [String] {
        try await watching(target, counterpart: paths.holding(of: id)) {
            let deposit = TrashDeposit(
                name: target.reference.description, kind: target.reference.selector.trashKind, stages: target.stages,
                directories: target.directories, floor: paths.repositories)
            let (stay, leftovers) = try await deposit.put(as: id, context, counter)
            return try await notes(on: leftovers, staying: stay, of: target)
        }
    }

    /// Drops the links of a target for good, stage by stage, each guarded by its identifier, and
    /// prunes the directories that become empty. Returns notes; throws `ChangeError.changed` if a
    /// planned link stays, and errors of the store.
    func drop(_ target: ChangePlan.Target) async throws -> [String] {
        try await watching(target, counterpart: nil) {
            if let first = target.links.first {
                try await driver.journal.forget(Set(target.links.map(\.blob)), of: first.path)
            }
            let departure = LinkDeparture(driver: driver, paths: paths)
            let changed = try await driver.pruner.prune(target.directories, below: paths.repositories) {
                var changed: [StoragePath] = []
                for stage in target.stages {
                    changed += try await driver.writer.each(stage) { link in
                        let isGone = try await departure.drop(link)
                        counter.advance()
                        return isGone ? nil : link.path
                    }.compactMap(\.self)
                }
                return changed
            }.value
            let leftovers = try await Leftovers.clear(target.directories, below: paths.repositories, with: driver)
            return try await notes(on: leftovers, staying: Set(changed), of: target)
        }
    }

    private func watching(
        _ target: ChangePlan.Target, counterpart: StoragePath?, _ change: () async throws -> [String]
    ) async throws -> [String] {
        let watch = LayerWatch(
            driver: driver, paths: paths, names: target.layerNames, counterpart: counterpart,
            keepsLinks: handling.keepsLayerLinks)
        return try await watch.during {
            try await change() + LastLook(context: context).notes(after: target, handling)
        }
    }

    private func notes(
        on leftovers: Leftovers, staying links: Set<StoragePath>, of target: ChangePlan.Target
    ) async throws -> [String] {
        let planned = Set(target.links.map(\.path))
        let stay = links.union(leftovers.files.filter(planned.contains))
        return try await leftovers.notes(paths) + Leftovers.notes(on: stay, of: target, with: driver)
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
