import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Executes a collection, part by part.
struct Collector: Sendable {
    private let context: ChangeContext
    private let plan: CollectionPlan
    private let driver: StorageDriver
    private let proof: EmptyingProof
    private let progress: ProgressHandler?

    init(context: ChangeContext, plan: CollectionPlan, progress: ProgressHandler?) {
        self.context = context
        self.plan = plan
        self.progress = progress
        driver = context.driver(for: plan.options)
        let leaving = plan.parts.filter { $0.work == .free || $0.work == .restore || $0.work == .trim }
        proof = EmptyingProof(
            blobs: Set(leaving.lazy.flatMap(\.items).map(\.blob)), driver: driver, progress: progress)
    }

    private var paths: RegistryPaths { context.paths }

    /// Executes a part. Returns notes; throws if not all of it was done.
    func execute(_ part: CollectionPlan.Part) async throws -> [String] {
        let path = try paths.quarantine.appending(
            part.work == .mend || part.work == .look ? part.work.rawValue : part.holding)
        guard plan.isProven || part.work == .restore else {
            throw ChangeError.unsuitable("its mark was made without the right to change anything")
        }
        switch part.work {
        case .mend: return try await mend(part)
        case .date: return try await date(path)
        case .restore: return try await restore(part, at: path)
        case .free: return try await free(part, at: path)
        case .quarantine: return try await take(part, to: path)
        case .note:
            try await driver.holdings.put(orphans: part.items.map(\.blob), at: path, note(part))
            return []
        case .watch:
            try await SurplusNotes(driver: driver).write(part.items)
            return []
        case .trim: return try await trim(part)
        case .finish: return try await finish(part)
        case .look: return try await look()
        }
    }

    private func note(_ part: CollectionPlan.Part) -> Holding.Note {
        Holding.Note(
            name: "\(part.items.count) unneeded", kind: part.work.rawValue, by: context.by.description,
            begun: driver.policy.now)
    }

    /// Returns the things of a part that are in a holding now.
    private func entries(of part: CollectionPlan.Part, in holding: Holding) -> [Holding.Entry] {
        let planned = Dictionary(part.items.map { ($0.origin, $0.blob) }) { first, _ in first }
        return holding.entries.filter { $0.claim == nil && planned[$0.origin] == $0.blob }
    }

    /// Returns a counter that continues the count of the earlier parts of the same work.
    private func counter(_ phase: String, _ part: CollectionPlan.Part) -> ProgressCounter {
        let parts = plan.parts.filter { $0.work == part.work }
        func count(_ parts: some Sequence<CollectionPlan.Part>) -> UInt64 {
            parts.reduce(0) { $0 + UInt64($1.items.count) }
        }
        return ProgressCounter(
            phase: phase, completed: count(parts.prefix { $0.name != part.name }), total: count(parts),
            handler: progress)
    }

    private func mend(_ part: CollectionPlan.Part) async throws -> [String] {
        let mended = try await driver.writer.each(part.items) { item in
            // The upload's key is removed only if the blob's key is there; otherwise it would be
            // the last one.
            guard let twin = item.twin, try await driver.reader.value(at: twin) == item.blob.value else { return false }
            return try await driver.writer.exchange(item.blob, for: nil, at: item.origin)
        }.count(where: \.self)
        return mended == 0 ? [] : ["uploads that do not share the content of a blob any more: \(mended)"]
    }

    private func date(_ path: StoragePath) async throws -> [String] {
        guard let holding = try await driver.reader.holding(path), holding.note?.unlinked == nil else { return [] }
        try await driver.holdings.date(
            holding,
            holding.note
                ?? Holding.Note(
                    name: path.name, kind: "quarantine", by: context.by.description, begun: driver.policy.now))
        return ["\(path.name) did not say when it was taken; it does now, and the delay begins"]
    }

    private func restore(_ part: CollectionPlan.Part, at path: StoragePath) async throws -> [String] {
        guard let holding = try await driver.reader.holding(path) else {
            plan.look.restored(part)
            return ["\(part.holding) is gone already"]
        }
        let entries = entries(of: part, in: holding)
        let outcomes = try await driver.holdings.restore(entries, of: path)
        if plan.isProven {
            plan.look.restored(part)
        } else {
            let back = Set(zip(entries, outcomes).lazy.filter { $0.1 == .restored }.map(\.0.origin))
            plan.look.broughtBack(part.items.filter { back.contains($0.origin) })
        }
        let taken = zip(entries, outcomes).filter { $0.1 == .taken }.map(\.0)
        guard !taken.isEmpty else { return [] }
        // A client pushed the blob again meanwhile: the newer copy stays, and this copy is freed as
        // soon as that is allowed.
        let mayFree = plan.isProven && plan.obstacles.isEmpty && plan.options.caches != .unknown
        if mayFree, let left = try await driver.reader.holding(path) {
            _ = try await driver.holdings.free(taken, of: left, by: try await proof.references())
        }
        return ["\(taken.count) of it were pushed again meanwhile: the newer ones stay"]
    }

    private func free(_ part: CollectionPlan.Part, at path: StoragePath) async throws -> [String] {
        guard let holding = try await driver.reader.holding(path) else { return ["\(part.holding) is gone already"] }
        let entries = entries(of: part, in: holding)
        let census = try await proof.references()
        guard driver.holdings.isOld(holding, at: census.began) else {
            throw ChangeError.unsuitable("the delay since it was taken is not over yet")
        }
        let counter = counter("freeing", part)
        let outcomes = try await pruning(entries.map(\.origin)) {
            try await driver.holdings.free(entries, of: holding, by: census, counter: counter)
        }
        var notes: [String] = []
        let dropped = outcomes.count { $0 == .dropped }
        if dropped > 0 { notes.append("\(dropped) of \(part.holding) are referred to elsewhere, and stay there") }
        let gone = part.items.count - entries.count + outcomes.count { $0 == .gone }
        if gone > 0 { notes.append("\(gone) of \(part.holding) were restored or freed by another client meanwhile") }
        return notes
    }

    /// Frees by `body`, and removes the directories of the freed files; an intent names them
    /// before. Content that was pushed there again stays. For blobs, only the directory of each
    /// blob is removed: the directory above it is hardly ever empty, and would stay unlisted until
    /// the next run if a registry wrote into it at this moment. If no registry is writing, it is
    /// removed, too.
    private func pruning<Value: Sendable>(
        _ origins: [StoragePath], _ body: () async throws -> Value
    ) async throws -> Value {
        let blobs = origins.filter { $0.isBelow(paths.blobs) }.map(\.parent)
        let links = origins.filter { $0.isBelow(paths.repositories) }.map(\.parent)
        return try await driver.pruner.prune(links, below: paths.repositories) {
            let climbing = driver.policy.delay == 0
            return try await driver.pruner.prune(blobs, below: paths.blobs, climbing: climbing, after: body).value
        }.value
    }

    /// Removes the chunks behind the end of needed blobs, and their notes, if only the blob's path
    /// refers to its identifier, and the content is proven to be right without these chunks.
    private func trim(_ part: CollectionPlan.Part) async throws -> [String] {
        let surplus = part.items.filter { $0.bytes > 0 }
        let census = surplus.isEmpty ? nil : try await proof.references()
        let trimmed = try await driver.writer.each(surplus) { item in
            guard let census, census.isOnly(item.origin, for: item.blob) else { return false }
            let head = try await driver.reader.head(of: item.blob)
            let end = max(1, driver.reader.chunkCount(ofBytes: head.sizeOrLength))
            do {
                try await SurplusRemoval(context: context).drop(
                    census.chunks.indices(of: item.blob).filter { UInt64($0) >= end }, of: item.origin, item.blob)
                return true
            } catch is RepairError {
                return false
            }
        }
        try await SurplusNotes(driver: driver).remove(part.items.map(\.blob))
        let left = trimmed.count { !$0 }
        if left == 0 { return [] }
        return [
            "\(left) blobs with chunks behind their end are in use elsewhere, or have another content than they should: see fsck"
        ]
    }

    private func take(_ part: CollectionPlan.Part, to path: StoragePath) async throws -> [String] {
        let stayed = try await driver.holdings.put(
            part.items.map(\.reference), at: path, note(part), keepsDirectories: !part.emptiesDirectories,
            counter: counter("taking into the quarantine", part))
        return stayed.isEmpty ? [] : ["\(stayed.count) were changed meanwhile and stay where they are"]
    }

    /// Waits a little, and restores the content that pushes have needed since the mark. Frees
    /// nothing.
    private func look() async throws -> [String] {
        if context.driver.policy.delay > 0, plan.options.pause > 0 {
            do {
                try await Task.sleep(for: .seconds(plan.options.pause))
            } catch {
                throw ChangeError.unsuitable(
                    "it was cancelled: the next run brings back what pushes have come to need meanwhile")
            }
        }
        let (found, knowledge) = try await plan.look.search(in: context, plan.options)
        let restoring = Collector(context: context, plan: found, progress: progress)
        let before = plan.broughtBack.count
        var notes: [String] = []
        for part in found.parts { notes += try await restoring.execute(part) }
        plan.look.learn(knowledge)
        let back = plan.broughtBack.dropFirst(before)
        if !back.isEmpty { notes.append(CollectionPlan.sentence(broughtBack: Array(back), in: context.paths)) }
        return notes
    }

    /// Makes a second mark after all content was taken, and restores or frees by it. If no registry
    /// is writing, there is no delay.
    private func finish(_ part: CollectionPlan.Part) async throws -> [String] {
        let second = try await CollectionPlanner.plan(in: context, plan.options, progress: progress)
        if let first = second.obstacles.first { throw ChangeError.unsuitable("nothing is freed: \(first)") }
        let collector = Collector(context: context, plan: second, progress: progress)
        var notes: [String] = []
        for later in second.parts
        where later.work == .trim
            || (later.work == .free || later.work == .restore) && later.holding.hasPrefix(part.holding)
        {
            notes += try await collector.execute(later)
        }
        return notes
    }
}
