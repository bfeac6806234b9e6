/// Drops deletions in the trash for good.
struct EmptyingExecutor: Sendable {
    let context: ChangeContext
    let proof: EmptyingProof

    private var driver: StorageDriver { context.driver }

    /// Drops the links of a deletion. Links that nothing else refers to are freed with their
    /// content, 71 bytes of a link or the data of an upload; of others only the reference goes
    /// (docs/safety.md#1-freeing). Blobs stay, whatever happens. Returns notes.
    func empty(_ target: EmptyPlan.Target) async throws -> [String] {
        let path = context.paths.trash.appending(.literal(target.item.id))
        guard var holding = try await driver.reader.holding(path) else { return ["it is gone already"] }
        if holding.note?.unlinked == nil {
            let note =
                holding.note
                ?? Holding.Note(
                    name: target.item.name, kind: TrashItem.Kind.other.rawValue, by: context.by.description,
                    begun: driver.policy.now)
            try await driver.holdings.date(holding, note)
            guard driver.policy.delay == 0 else {
                return [
                    "\(target.item.id) had no time of deletion; the time is noted now, and it goes once the delay is over"
                ]
            }
            holding = try await driver.reader.holding(path) ?? holding
        }
        let planned = Set(target.entries)
        let entries = holding.entries.filter(planned.contains)
        let outcomes = try await driver.holdings.free(entries, of: holding, by: await proof.references())
        try await driver.pruner.prune([path])
        var notes: [String] = []
        if outcomes.contains(.early) {
            throw ChangeError.unsuitable("it is younger than the delay: --offline says that no registry is writing")
        }
        let dropped = outcomes.count { $0 == .dropped }
        if dropped > 0 { notes.append("\(dropped) of its files are referred to elsewhere as well, and stay there") }
        let gone = planned.count - entries.count + outcomes.count { $0 == .gone }
        if gone > 0 { notes.append("\(gone) of its links were restored, or dropped, by somebody else meanwhile") }
        return notes
    }
}
