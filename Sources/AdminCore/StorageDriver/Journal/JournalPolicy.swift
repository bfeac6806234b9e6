public import ObjectStore
public import Foundation

/// The settings of a journal.
public struct JournalPolicy: Sendable {
    /// The delay in seconds: longer than any push takes. Last looks (docs/safety.md#3-the-steps)
    /// wait for it. 0 if no registry is writing: then they are made at once.
    public var delay: TimeInterval
    /// The state of the registries' descriptor caches.
    public var caches: CacheState
    /// The process that makes the changes.
    public var owner: ChangeOwner
    /// The clock for all dates in the journal, the log and the trash.
    public var clock: WallClock
    /// The number of seconds without a sign after which an owner on another machine is taken for
    /// dead.
    public var lease: TimeInterval

    /// The number of seconds within which an owner that was taken for dead may wake up and go on.
    /// After that time its changes, which were taken back, get their last look, even if no registry
    /// is writing. 0 for a store that no other machine reaches.
    public var stall: TimeInterval

    /// Creates a policy from its properties.
    public init(
        delay: TimeInterval = JournalPolicy.usualDelay, caches: CacheState = .unknown,
        owner: ChangeOwner = .current, lease: TimeInterval = 60, stall: TimeInterval = 0, clock: WallClock
    ) {
        self.delay = delay
        self.caches = caches
        self.owner = owner
        self.lease = lease
        self.stall = stall
        self.clock = clock
    }

    /// The current moment.
    package var now: Date { clock.now }

    /// A day.
    public static let usualDelay: TimeInterval = 86_400
}

/// The state of the descriptor caches (`storage: cache: blobdescriptor:`) of all registries that
/// use a pool, as far as it is known. A registry with a cache remembers that a layer is linked in a
/// repository until it is restarted or its cache is flushed.
public enum CacheState: String, Hashable, Sendable, CaseIterable {
    /// Nothing is known.
    case unknown
    /// Every registry is restarted, or its cache flushed, after the change and before anything is
    /// pushed.
    case flushed
    /// No registry has a cache.
    case none
}
