public import Foundation

/// How thoroughly, and what counts as being written.
public struct FsckOptions: Sendable {
    /// True to hash every blob.
    public var deep = false
    /// Seconds in which what is incomplete counts as being written. 0 where nobody writes.
    public var grace = FsckOptions.usualGrace
    /// From how many keys on a directory's omap is large.
    public var largeOmap = StorageReader.largeOmap
    /// How many problems are kept; more are counted.
    public var problemLimit = 100_000
    /// What a deep look that was stopped has found right, and where this one notes it; nil to hash everything and to note nothing.
    public var memory: (any HashMemory)?
    /// What tells the moment, for what is young.
    public var clock: WallClock

    /// The usual ones.
    public init(clock: WallClock) {
        self.clock = clock
    }

    /// A day: longer than any push.
    public static let usualGrace: TimeInterval = 86_400

    /// Whether something of this age, in seconds since 1970, may still be being written.
    func isYoung(_ modified: UInt32) -> Bool {
        grace > 0 && Double(modified) + grace > clock.now.timeIntervalSince1970
    }
}

/// What was looked at and what was found.
public struct FsckReport: Sendable {
    /// How much was looked at.
    public struct Checked: Hashable, Sendable {
        /// Objects of the pool.
        public var objects = 0
        /// Directories.
        public var directories = 0
        /// Files: keys with an identifier.
        public var files = 0
        /// Blobs of the registry.
        public var blobs = 0
        /// Repositories.
        public var repositories = 0
        /// Manifests that were read, as often as a repository has them.
        public var manifests = 0
        /// Blobs that were hashed.
        public var hashed = 0
        /// Blobs that were not hashed since a look that was stopped has found them right.
        public var taken = 0
        /// Bytes that were hashed.
        public var bytes: UInt64 = 0
        /// What is incomplete and young enough to be being written.
        public var inFlight = 0

        /// Nothing.
        public init() {}
    }

    /// How much was looked at.
    public var checked = Checked()
    /// What was found, sorted; no more than `FsckOptions.problemLimit`.
    public var problems: [Problem] = []
    /// How many problems of each kind were found beyond that.
    public var omitted: [ProblemKind: Int] = [:]
    /// How many of these are errors.
    public var omittedErrors = 0
    /// Whether the registry is a pull-through cache.
    public var isPullThroughCache = false
    /// Why it ended early, in a sentence; nil if everything was looked at.
    public var stopped: String?
    /// True if it ended early since it was cancelled.
    public var isCancelled = false

    /// Nothing.
    public init() {}

    /// True if everything was looked at.
    public var isComplete: Bool { stopped == nil }

    /// How many errors were found, listed or not.
    public var errors: Int { problems.count { $0.severity == .error } + omittedErrors }
}
