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
