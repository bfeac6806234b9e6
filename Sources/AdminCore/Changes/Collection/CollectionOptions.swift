import ObjectStore
import Registry
public import StorageDriver
public import Foundation

/// The limits of a collection.
public struct CollectionOptions: Hashable, Sendable {
    /// The state of the registries' descriptor caches, as far as it is known. While the state is
    /// unknown, nothing is freed (docs/safety.md#4-races-that-remain).
    public enum Caches: Hashable, Sendable {
        /// The state is not known: due content stays.
        case unknown
        /// Every registry was restarted, or its cache flushed, after the quarantine and before the
        /// delay began.
        case flushed
        /// No registry has a descriptor cache.
        case none
        /// No registry is writing, and no push that has begun will go on: the delay is zero.
        case offline
    }

    /// The grace window in seconds: nothing is collected that was written, or referred to, within
    /// it.
    public var grace: TimeInterval
    /// Seconds between the quarantine and the mark that allows freeing: longer than any push. Zero
    /// with `.offline`.
    public var delay: TimeInterval
    /// The largest share of the bytes of all blobs that one run may take or free, in percent.
    public var maxShare: Double
    /// True to collect the links of manifests that no tag needs as well.
    public var untagged: Bool
    /// The age in seconds from which unfinished uploads are collected; nil to collect none.
    public var uploadsOlderThan: TimeInterval?
    /// Manifests that are needed although no tag names them; nil for none. Only with `untagged`.
    public var inUse: KeepList?
    /// The state of the registries' caches.
    public var caches: Caches
    /// Seconds between the quarantine and the look at the end of the run (`RestoringLook`): most
    /// pushes that were under way when something was taken have ended by then. 0 if no registry is
    /// writing.
    public var pause: TimeInterval
    /// The most things that one part of the plan takes, notes or frees. A part is one operation on
    /// its holding and one intent in the journal, and is taken back as a whole.
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
