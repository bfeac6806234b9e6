public import ObjectStore
public import Registry
public import StorageDriver

/// The changing half of a registry. A read-only session has none.
///
/// Concurrency: a value; guards decide between two admins, or between an admin and a registry that
/// is being pushed to.
public struct RegistryAdmin: Sendable {
    let context: ChangeContext

    /// The registry that is changed.
    public var registry: RegistryReader { context.registry }
    /// The person or job that changes it.
    public var by: Operator { context.by }
    /// The tree, with the right to change it.
    package var driver: StorageDriver { context.driver }

    private var settlement: JournalSettlement { JournalSettlement(context: context) }

    /// An admin of `registry`, whose changes go through `driver`.
    package init(registry: RegistryReader, driver: StorageDriver, by: Operator = .current()) {
        context = ChangeContext(driver: driver, registry: registry, by: by)
    }

    // MARK: - Changes

    /// Executes a plan, target by target. Never throws: after a cancellation, or after a failure
    /// that concerns all targets (no permission, no space, no answer), the rest is `skipped`. A
    /// target that was begun is ended first, except a part of a collection. If
    /// the journal held an interrupted change, the whole plan is `skipped`.
    ///
    /// Writes a record in the log of the pool before the first step, and its ending after the last.
    /// If the log cannot be written, the change goes on and a note says so.
    /// - Parameters:
    ///   - plan: The plan.
    ///   - entry: The id of the entry in the log that the plan takes back (`ChangePlanner.undo`);
    ///     nil for a change of its own.
    ///   - progress: Called with the progress; nil for none.
    /// - Returns: A result for each target, in the plan's order.
    public func apply(
        _ plan: some Plan, undoing entry: String? = nil, progress: ProgressHandler? = nil
    ) async -> [ChangeResult] {
        if let (reason, kind) = await settlement.obstacle() { return PlanExecution.skipping(plan, reason, kind) }
        if plan.targetNames.isEmpty { return [] }
        return await PlanExecution(context: context, undoes: entry).run(plan, progress: progress)
    }

    /// Plans the next step of a collection. The mark is written in the journal while it runs, so
    /// that every move of references voids it.
    /// - Throws: `ChangeError.wrongChunkSize`; `StorageError.journal` while a change is open;
    ///   errors of reading.
    public func collection(
        _ options: CollectionOptions, progress: ProgressHandler? = nil
    ) async throws -> CollectionPlan {
        try await registry.storage.checkChunkSize()
        return try await CollectionPlanner.plan(in: context, options, progress: progress)
    }

    /// Looks once for content in the quarantine that pushes need, and restores it by a plan, which
    /// is logged like all others. If there is nothing to restore, nothing is written.
    /// - Returns: The restored items, and the results of the plan; no results if there was nothing
    ///   to do.
    /// - Throws: `ChangeError.wrongChunkSize`; errors of reading.
    public func restoreNeeded(
        _ look: RestoringLook, progress: ProgressHandler? = nil
    ) async throws -> (items: [CollectionPlan.Item], results: [ChangeResult]) {
        let (plan, knowledge) = try await look.search(in: context, CollectionOptions(delay: driver.policy.delay))
        guard !plan.parts.isEmpty else {
            look.learn(knowledge)
            return ([], [])
        }
        try await registry.storage.checkChunkSize()
        let before = look.broughtBack.count
        let results = await apply(plan, progress: progress)
        if results.allSatisfy({ $0.outcome == .done }) { look.learn(knowledge) }
        return (Array(look.broughtBack.dropFirst(before)), results)
    }

    /// Throws `ChangeError.wrongChunkSize` if the pool's files show another chunk size than the
    /// session assumes.
    package func checkChunkSize() async throws { try await registry.storage.checkChunkSize() }

    // MARK: - The journal

    /// Takes back or ends the changes in the journal, and looks at the names of all its watches.
    /// - Parameters:
    ///   - caches: The state of the registries' caches, as the operator states it now, for all
    ///     watches.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: Errors of reading the journal.
    public func recover(
        saying caches: CacheState = .unknown, progress: ProgressHandler? = nil
    ) async throws -> [Recovery] {
        let recoveries = try await settlement.recover(progress: progress)
        return recoveries + (try await WatchRound(context: context).look(saying: caches))
    }

    /// Recovers, and returns a sentence about each result. Call it before you plan a change, since
    /// it may change the registry.
    /// - Throws: `StorageError.journal` if a change stays in the journal that forbids every other.
    public func settleJournal(progress: ProgressHandler? = nil) async throws -> [String] {
        try settlement.sentences(about: await settlement.recover(progress: progress))
            + settlement.sentences(about: await WatchRound(context: context).look())
    }

    /// Looks at the names of all watches, and returns a sentence about each link that was written.
    public func completeWatchedLinks() async throws -> [String] {
        try await WatchRound(context: context).look().flatMap(\.notes)
    }
}

/// The settlement of the journal: takes back or ends interrupted changes, before a new change.
///
/// A command settles before it plans, since this may change the registry. `apply` settles once
/// more, since another regtop may have been interrupted while the question was open: then the plan
/// is too old.
struct JournalSettlement: Sendable {
    let context: ChangeContext

    /// Takes back or ends the changes in the journal, except watches. Also drops notes about
    /// content that is gone.
    func recover(progress: ProgressHandler?) async throws -> [Recovery] {
        let driver = context.driver
        let recoveries = try await driver.recover(progress: progress)
        let gone = try await SurplusNotes(driver: driver).removeGone(context.paths)
        if gone == 0 { return recoveries }
        let notes = PendingChange(
            id: SurplusNotes.object.name.description, what: "notes of \(gone) blobs with chunks behind their end",
            begun: nil, state: .gone)
        return recoveries + [Recovery(change: notes, outcome: .dropped, error: nil, notes: [], kind: nil)]
    }

    /// Returns a sentence about each recovery. Throws `StorageError.journal` if a change stays in
    /// the journal that forbids every other.
    func sentences(about recoveries: [Recovery]) throws -> [String] {
        var sentences: [String] = []
        for recovery in recoveries {
            let what = recovery.change.what
            switch recovery.outcome {
            case .undone: sentences.append("a change that was interrupted is taken back: \(what)")
            case .finished: sentences.append("a change that was interrupted is ended: \(what)")
            case .dropped:
                sentences.append(
                    "this is dropped, as all that it speaks of is gone (the pool was emptied since): \(what)")
            case .checked, .watched, .left: break
            case .failed, .unknown:
                throw StorageError.journal("\(what): \(recovery.error ?? "it could not be ended")")
            }
            sentences += recovery.notes
        }
        return sentences
    }

    /// Returns the reason why a plan cannot be executed now; nil if it can. The links that a watch
    /// adds affect no plan, so watches are left alone.
    func obstacle() async -> (reason: String, kind: StoreError.Kind?)? {
        do {
            let done = try sentences(about: await recover(progress: nil))
            if done.isEmpty { return nil }
            return ("not begun: \(done.joined(separator: "; ")); the plan is older than that", nil)
        } catch {
            return ("not begun: \(error)", (error as? StoreError)?.kind)
        }
    }
}
