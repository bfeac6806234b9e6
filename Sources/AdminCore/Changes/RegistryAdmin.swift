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
    var driver: StorageDriver { context.driver }

    private var settlement: JournalSettlement { JournalSettlement(context: context) }

    /// An admin of `registry`, whose changes go through `driver`.
    init(registry: RegistryReader, driver: StorageDriver, by: Operator = .current()) {
        context = ChangeContext(driver: driver, registry: registry, by: by)
    }

    // MARK: - Changes

    /// Executes a plan, target by target. Never throws: after a cancellation, or after a failure
    /// that concerns all targets (no permission, no space, no answer), the rest is `skipped`. So is
    /// all of it if the journal held an interrupted change.
    ///
    /// The log in the pool has a record before the first step, and its ending after the last. Where
    /// the log cannot be written, the change goes on and a note says so.
    /// - Returns: A result for each target, in the plan's order.
    public func apply(_ plan: some Plan, progress: ProgressHandler? = nil) async -> [ChangeResult] {
        if let (reason, kind) = await settlement.obstacle() { return PlanExecution.skipping(plan, reason, kind) }
        if plan.targetNames.isEmpty { return [] }
        return await PlanExecution(context: context).run(plan, progress: progress)
    }

    /// Plans the next step of a collection. The mark is written in the journal while it runs, so
    /// that whatever moves references voids it.
    /// - Throws: `ChangeError.wrongChunkSize`; `StorageError.journal` while a change is open;
    ///   errors of reading.
    public func collection(
        _ options: CollectionOptions, progress: ProgressHandler? = nil
    ) async throws -> CollectionPlan {
        try await registry.storage.checkChunkSize()
        return try await CollectionPlanner.plan(in: context, options, progress: progress)
    }

    /// Looks once for what pushes need of the quarantine, and restores it: by a plan, which is in
    /// the log like others. Where there is nothing to restore, nothing is written.
    /// - Returns: The restored items, and the results of the plan; no results where there was
    ///   nothing to do.
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

    // MARK: - The journal

    /// Takes back or ends what is in the journal, and looks at the names of all watches in it.
    /// - Parameter caches: The registries' caches, as an operator says now, for all watches.
    /// - Throws: Errors of reading the journal.
    public func recover(
        saying caches: CacheState = .unknown, progress: ProgressHandler? = nil
    ) async throws -> [Recovery] {
        let recoveries = try await settlement.recover(progress: progress)
        return recoveries + (try await WatchRound(context: context).look(saying: caches))
    }

    /// Recovers, and returns a sentence about each thing that was done. To be called before a
    /// change is planned, since the registry may look different afterwards.
    /// - Throws: `StorageError.journal` if something stays that forbids every change.
    public func settleJournal(progress: ProgressHandler? = nil) async throws -> [String] {
        try settlement.sentences(about: await settlement.recover(progress: progress))
            + settlement.sentences(about: await WatchRound(context: context).look())
    }

    /// Looks at the names of all watches, and returns a sentence about each link that was written.
    public func completeWatchedLinks() async throws -> [String] {
        try await WatchRound(context: context).look().flatMap(\.notes)
    }
}
