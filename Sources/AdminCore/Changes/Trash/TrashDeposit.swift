import ObjectStore
import Registry
import StorageDriver

/// A deposit in the trash: links that leave together, and are restored together.
struct TrashDeposit: Sendable {
    /// The name of the deleted thing, for people.
    let name: String
    let kind: TrashItem.Kind
    /// The links by stage, in the order in which they leave.
    let stages: [[ChangePlan.Link]]
    /// The directories that are pruned afterwards where they are empty.
    let directories: [StoragePath]
    /// The directory up to which empty directories are removed.
    let floor: StoragePath

    /// Takes the links into the trash (docs/safety.md#trash-a-repository): all entries appear there
    /// at once, then each link leaves its place, stage by stage; empty directories are pruned at
    /// the end. A failure takes all of it back.
    ///
    /// Returns the links that another process changed and that stay at their places, and the
    /// leftovers below the directories.
    func put(
        as id: TrashID, _ context: ChangeContext, _ counter: ProgressCounter
    ) async throws -> (stay: Set<StoragePath>, leftovers: Leftovers) {
        let driver = context.driver
        let path = context.paths.holding(of: id)
        let note = Holding.Note(
            name: name, kind: kind.rawValue, by: context.by.description, begun: driver.policy.now)
        let departure = LinkDeparture(driver: driver, paths: context.paths)
        var leftovers = Leftovers()
        var isGone = false
        do {
            let stay = try await driver.holdings.put(
                stages.map { stage in stage.map { (origin: $0.path, blob: $0.blob) } }, at: path, note, below: floor
            ) { moves in
                var stay: Set<StoragePath> = []
                for (links, moves) in zip(stages, moves) {
                    let left = try await driver.writer.each(zip(links, moves)) { link, move in
                        defer { counter.advance() }
                        return try await departure.hold(link, by: move)
                    }
                    stay.formUnion(zip(links, left).filter { !$0.1 }.map(\.0.path))
                }
                return stay
            } then: { stay in
                isGone = true
                leftovers = try await Leftovers.clear(directories, below: floor, with: driver)
                if !stay.isEmpty { try await driver.pruner.prune([path]) }
            }
            return (stay, leftovers)
        } catch let error as StoreError where error.kind == .full && !isGone {
            throw ChangeError.noRoomForTrash(error)
        }
    }
}

extension RegistryPaths {
    /// The holding of a deletion in the trash.
    func holding(of id: TrashID) -> StoragePath { trash.appending(.literal(id.string)) }
}
