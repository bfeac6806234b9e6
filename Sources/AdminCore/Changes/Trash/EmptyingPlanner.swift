import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Plans the final removal of deletions in the trash. Only reads.
struct EmptyingPlanner: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var storage: StorageReader { registry.storage }
    private var trash: TrashReader { TrashReader(registry: registry) }

    /// See `ChangePlanner.emptying`.
    func plan(
        olderThan age: TimeInterval, ids: [String]?, progress: ProgressHandler?
    ) async throws -> EmptyPlan {
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
            targets: targets, impact: try await impact(of: targets, progress),
            notes: notes(early: early, young: young, targets))
    }

    private func notes(early: Int, young: Int, _ targets: [EmptyPlan.Target]) -> [String] {
        var notes: [String] = []
        if young > 0 {
            notes.append("\(young) younger than was asked for \(young == 1 ? "stays" : "stay")")
        }
        if early > 0 {
            notes.append(
                "\(early) younger than \(Int(policy.delay / 3600)) hours \(early == 1 ? "stays" : "stay"): "
                    + "a registry may still be writing to what it has read before; --offline says that none is")
        }
        let undated = targets.count { !$0.isDated }
        if undated > 0 {
            let text = "\(undated) \(undated == 1 ? "has" : "have") no time of deletion"
            notes.append(policy.delay > 0 ? "\(text): it is noted now, and they go once the delay is over" : text)
        }
        if !targets.isEmpty {
            notes.append("dropped deletions cannot be restored; blobs stay until a collection frees them")
        }
        return notes
    }

    private func impact(of targets: [EmptyPlan.Target], _ progress: ProgressHandler?) async throws -> Impact {
        var impact = Impact()
        let going = policy.delay > 0 ? targets.filter(\.isDated) : targets
        if going.isEmpty { return impact }
        let held = try await concurrentMap(going.flatMap(\.entries), window: storage.window) {
            try await storage.held(of: $0.blob)
        }
        impact.bytes = held.reduce(0) { addingCapped($0, $1.bytes) }
        impact.objects = going.count + held.reduce(0) { $0 + $1.chunks }
        impact.reclaimable = try await trash.contentKeptOnly(by: Set(going.map(\.item.id)), progress: progress)
        return impact
    }
}
