public import Foundation

/// What a collection is allowed to do.
public struct CollectionOptions: Hashable, Sendable {
    /// What is known of the registries' descriptor caches, without which nothing is freed (docs/safety.md).
    public enum Caches: Hashable, Sendable {
        /// Nothing: whatever is due stays.
        case unknown
        /// Every registry was restarted, or its cache flushed, after the quarantine and before the delay began.
        case flushed
        /// No registry has a descriptor cache.
        case none
        /// No registry is writing, and none that has begun to will go on: the delay is zero.
        case offline
    }

    /// Seconds for which nothing is collected that was written, or referred to, since.
    public var grace: TimeInterval
    /// Seconds between the quarantine and the mark that allows freeing: longer than any push. Zero with `.offline`.
    public var delay: TimeInterval
    /// The most that may be taken or freed in one run, in percent of the bytes of all blobs.
    public var maxShare: Double
    /// True if the links of manifests that no tag needs are collected as well.
    public var untagged: Bool
    /// Unfinished uploads that were begun more than so many seconds ago are collected; none if nil.
    public var uploadsOlderThan: TimeInterval?
    /// Manifests that are needed though no tag says so; nil for none. Only with `untagged`.
    public var inUse: KeepList?
    /// What is known of the registries' caches.
    public var caches: Caches
    /// Seconds between the quarantine and the look at the end of the run (`RestoringLook`): pushes that were under
    /// way when something was taken have mostly ended by then. None where no registry writes.
    public var pause: TimeInterval
    /// How many things one part of the plan takes, notes or frees at most: one operation on its holding, one intent
    /// in the journal, and what is taken back where it is stopped.
    var batch = 5000

    /// See the properties.
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
