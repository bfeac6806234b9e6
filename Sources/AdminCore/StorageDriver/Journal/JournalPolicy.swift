public import Foundation

/// How a driver keeps its journal.
public struct JournalPolicy: Sendable {
    /// Seconds after which no push can be under way that began before: the deferred checks of
    /// docs/safety.md#3-the-steps wait for so long. 0 where no registry is writing: they are made at once.
    public var delay: TimeInterval
    /// What is known of the registries' descriptor caches.
    public var caches: CacheState
    /// Who changes.
    public var owner: ChangeOwner
    /// What tells the moment: for what the journal, the log and the trash note, and for what is due.
    public var clock: WallClock
    /// Seconds after which an owner on another machine, of which nothing was heard, is taken for dead.
    public var lease: TimeInterval

    /// Seconds within which such an owner may wake up and go on: what was taken back for him is looked at once more
    /// after that, also where no registry is writing. 0 for a store that no other machine reaches.
    public var stall: TimeInterval

    /// See the properties.
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

    /// The moment that it is.
    var now: Date { clock.now }

    /// A day: longer than any push.
    public static let usualDelay: TimeInterval = 86_400
}

/// What is known of the descriptor caches of all registries that use a pool: `storage: cache: blobdescriptor:` in
/// their configuration. A registry that has one takes a layer for linked in a repository, once it has found it so,
/// until it is restarted or its cache is flushed.
public enum CacheState: String, Hashable, Sendable, CaseIterable {
    /// Nothing.
    case unknown
    /// Every registry is restarted, or its cache flushed, after what was changed and before anything is pushed.
    case flushed
    /// No registry has one.
    case none
}
