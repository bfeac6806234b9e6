extension RegistryAdmin {
    /// Drops the links of a deletion for good: those that nothing else refers to are freed with their content, which
    /// is a link's 71 bytes or what was uploaded so far; of others only the reference goes
    /// (docs/safety.md#1-freeing). Blobs stay, whatever happens. Gives notes.
    func empty(_ target: EmptyPlan.Target, _ proof: EmptyingProof) async throws -> [String] {
        let path = paths.trash.appending(.literal(target.item.id))
        guard var holding = try await driver.reader.holding(path) else { return ["it is gone already"] }
        if holding.note?.unlinked == nil {
            let note =
                holding.note
                ?? Holding.Note(
                    name: target.item.name, kind: TrashItem.Kind.other.rawValue, by: by.description,
                    begun: driver.policy.now)
            try await driver.holdings.date(holding, note)
            guard driver.policy.delay == 0 else {
                return [
                    "\(target.item.id) did not say when it was deleted; it does now, and goes once the delay is over"
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
