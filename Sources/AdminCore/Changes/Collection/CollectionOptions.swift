import ObjectStore
import Registry
public import StorageDriver
public import Foundation

/// The limits of a collection.
public struct CollectionOptions: Hashable, Sendable {
    /// The state of the registries' descriptor caches, as far as it is known. Nothing is freed as
    /// long as it is not (docs/safety.md#4-races-that-remain).
    public enum Caches: Hashable, Sendable {
        /// Nothing is known: whatever is due stays.
        case unknown
        /// Every registry was restarted, or its cache flushed, after the quarantine and before the
        /// delay began.
        case flushed
        /// No registry has a descriptor cache.
        case none
        /// No registry is writing, and none that has begun to will go on: the delay is zero.
        case offline
    }

    /// Seconds for which nothing is collected that was written, or referred to.
    public var grace: TimeInterval
    /// Seconds between the quarantine and the mark that allows freeing: longer than any push. Zero
    /// with `.offline`.
    public var delay: TimeInterval
    /// The most that may be taken or freed in one run, in percent of the bytes of all blobs.
    public var maxShare: Double
    /// True to collect the links of manifests that no tag needs as well.
    public var untagged: Bool
    /// Unfinished uploads that began more than so many seconds ago are collected; none if nil.
    public var uploadsOlderThan: TimeInterval?
    /// Manifests that are needed though no tag says so; nil for none. Only with `untagged`.
    public var inUse: KeepList?
    /// The state of the registries' caches.
    public var caches: Caches
    /// Seconds between the quarantine and the look at the end of the run (`RestoringLook`): most
    /// pushes that were under way when something was taken have ended by then. 0 where no registry
    /// writes.
    public var pause: TimeInterval
    /// The number of things that one part of the plan takes, notes or frees at most. A part is one
    /// operation on its holding and one intent in the journal, and is taken back as one.
    var batch = 5000

    /// Options of a collection.
    public init(
        grace: TimeInterval = 86_400, delay: TimeInterval = JournalPolicy.usualDelay, maxShare: Double = 50,
        untagged: Bool = false, uploadsOlderThan: TimeInterval? = nil, inUse: KeepList? = nil,
        caches: Caches = .unknown, pause: TimeInterval = 5
    ) {
        self.grace = grace
        self.delay = delay
        self.maxShare = maxShare
        self.untagged = untagged
        self.uploadsOlderThan = uploadsOlderThan
        self.inUse = inUse
        self.caches = caches
        self.pause = pause
    }

    /// The delay that counts, in seconds.
    public var effectiveDelay: TimeInterval { caches == .offline ? 0 : delay }
}

/// Makes the mark of a collection, and a plan of it.
enum CollectionPlanner {
    /// Returns the next step of a collection. The mark is written in the journal while it runs, so
    /// that whatever moves references voids it. Throws `StorageError.journal` while a change is
    /// open; errors of reading.
    static func plan(
        in context: ChangeContext, _ options: CollectionOptions, progress: ProgressHandler?
    ) async throws -> CollectionPlan {
        let driver = context.driver
        let (mark, hasMoved) = try await driver.prover.mark("look for what is needed") {
            try await CollectionMark.run(context.registry, options, at: driver.policy.now, progress: progress)
        }
        var draft = CollectionDraft(mark: mark, isProven: true, hasMoved: hasMoved, clock: driver.policy.clock)
        return try await draft.plan()
    }

    /// Returns the same plan where nothing may be changed: to be shown, not to be executed.
    static func rehearsal(
        of registry: RegistryReader, _ policy: JournalPolicy, _ options: CollectionOptions, progress: ProgressHandler?
    ) async throws -> CollectionPlan {
        let mark = try await CollectionMark.run(registry, options, at: policy.now, progress: progress)
        var draft = CollectionDraft(mark: mark, isProven: false, hasMoved: false, clock: policy.clock)
        return try await draft.plan()
    }
}

extension ChangeContext {
    /// The driver of a collection: its delay is the collection's.
    func driver(for options: CollectionOptions) -> StorageDriver {
        var driver = driver
        driver.policy.delay = options.effectiveDelay
        return driver
    }
}
