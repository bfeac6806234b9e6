public import Foundation

extension ChangePlanner {
    /// The plan that drops for good what has been in the trash for `age` seconds or longer. Beside registries that
    /// may be writing, what is younger than the journal's delay stays whatever `age` says (docs/safety.md#1-freeing),
    /// and the notes say so. `ids`: only these. Throws `ChangeError.notInTrash`, `.wrongChunkSize`, and errors of
    /// reading.
    public func emptying(
        olderThan age: TimeInterval = 0, ids: [String]? = nil, progress: ProgressHandler? = nil
    ) async throws -> EmptyPlan {
        try await checkChunkSize()
        let trash = TrashReader(registry: registry)
        let now = policy.now
        var targets: [EmptyPlan.Target] = []
        var (early, young) = (0, 0)
        let all: [String]
        if let ids { all = ids.uniqued() } else { all = try await trash.ids() }
        for id in all {
            guard let holding = try await trash.holding(id) else {
                if ids != nil { throw ChangeError.notInTrash(id) }
                continue
            }
            let item = TrashItem(holding)
            if let deleted = item.deleted, age > 0, deleted.addingTimeInterval(age) > now {
                young += 1
                continue
            }
            if let unlinked = holding.note?.unlinked, policy.delay > 0, unlinked.addingTimeInterval(policy.delay) > now
            {
                early += 1
                continue
            }
            targets.append(
                EmptyPlan.Target(
                    item: item, entries: holding.entries.filter { $0.claim == nil },
                    isDated: holding.note?.unlinked != nil))
        }
        return EmptyPlan(
            targets: targets, impact: try await impact(ofEmptying: targets, progress),
            notes: notes(early: early, young: young, targets))
    }

    private func notes(early: Int, young: Int, _ targets: [EmptyPlan.Target]) -> [String] {
        var notes: [String] = []
        if young > 0 { notes.append("\(young) younger than was asked for \(young == 1 ? "stays" : "stay")") }
        if early > 0 {
            notes.append(
                "\(early) younger than \(Int(policy.delay / 3600)) hours \(early == 1 ? "stays" : "stay"): a registry may still be writing to "
                    + "what was read before; --offline says that none is")
        }
        let undated = targets.count { !$0.isDated }
        if undated > 0 {
            notes.append(
                policy.delay > 0
                    ? "\(undated) \(undated == 1 ? "does" : "do") not say when it was deleted: noted now, to go once the delay is over"
                    : "\(undated) \(undated == 1 ? "does" : "do") not say when it was deleted")
        }
        if !targets.isEmpty {
            notes.append("what is dropped cannot be restored any more; blobs stay until a collection frees them")
        }
        return notes
    }

    private func impact(ofEmptying targets: [EmptyPlan.Target], _ progress: ProgressHandler?) async throws -> Impact {
        var impact = Impact()
        let going = policy.delay > 0 ? targets.filter(\.isDated) : targets
        if going.isEmpty { return impact }
        let held = try await concurrentMap(going.flatMap(\.entries), window: storage.window) {
            try await storage.held(of: $0.blob)
        }
        impact.bytes = held.reduce(0) { addingCapped($0, $1.bytes) }
        impact.objects = going.count + held.reduce(0) { $0 + $1.chunks }
        impact.reclaimable = try await TrashReader(registry: registry).contentKeptOnly(
            by: Set(going.map(\.item.id)), progress: progress)
        return impact
    }
}
