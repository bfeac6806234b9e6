/// Where CRUSH puts an object.
public struct Placement: Hashable, Sendable {
    /// The placement group, as `ceph` writes it: pool id, dot, hexadecimal seed.
    public let placementGroup: String

    /// The acting set: OSD numbers, the primary first.
    public let osds: [Int]

    /// A placement group and its OSDs.
    public init(placementGroup: String, osds: [Int]) {
        self.placementGroup = placementGroup
        self.osds = osds
    }
}

/// A store at a glance. What a store cannot say is nil.
public struct StoreStatus: Hashable, Sendable {
    /// What kind of store it is.
    public enum Backend: String, Sendable {
        /// A Ceph pool.
        case rados
        /// An SQLite file, or memory.
        case sqlite
    }

    /// What kind of store it is.
    public var backend: Backend
    /// The pool's name, or the file's path; `memory` for a store in memory.
    public var name: String
    /// The pool's number, which it keeps when it is renamed.
    public var pool: Int64?
    /// The client, as in `client.admin`.
    public var client: String?
    /// The cluster's fsid.
    public var fsid: String?
    /// `HEALTH_OK`, `HEALTH_WARN`, `HEALTH_ERR`.
    public var health: String?
    /// Bytes of the pool (or file) in use.
    public var bytesUsed: UInt64?
    /// Bytes of the whole cluster in use.
    public var clusterBytesUsed: UInt64?
    /// Bytes of the whole cluster.
    public var clusterBytesTotal: UInt64?
    /// Objects in the pool, all namespaces.
    public var objects: UInt64?
    /// Placement groups of the pool.
    public var placementGroups: Int?
    /// Replicas of each object.
    public var replicas: Int?
    /// OSDs that are up.
    public var osdsUp: Int?
    /// OSDs in all.
    public var osds: Int?
    /// Whether the pool has to do with cache tiers.
    public var tiering = CacheTiering.none
    /// The names of the pool's snapshots, which keep the space of what is removed; nil if they are not known.
    public var snapshots: [String]?

    /// A status that only says what the store is.
    public init(backend: Backend, name: String) {
        self.backend = backend
        self.name = name
    }

    /// Throws `StoreError` of kind `.incomplete` unless a listing of the store's objects gives all of them. What frees asks once more right
    /// before it does: a tier may have been added since the listing.
    func requireWholeListings() throws {
        guard let obstacle = tiering.obstacle(in: name) else { return }
        throw StoreError(.incomplete, operation: "list objects", reason: obstacle)
    }
}

/// How busy a store is.
public struct StoreLoad: Hashable, Sendable {
    /// Operations that are in flight now.
    public var inFlight: Int
    /// The most that may be in flight at once.
    public var limit: Int
    /// A moving average of how long an operation took, in seconds; nil before the first one.
    public var latency: Double?
    /// The oldest unanswered operation: its name, its object, how long it has waited. nil if nothing has waited for a second.
    public var stalled: StalledOperation?

    /// See the properties.
    public init(inFlight: Int = 0, limit: Int, latency: Double? = nil, stalled: StalledOperation? = nil) {
        self.inFlight = inFlight
        self.limit = limit
        self.latency = latency
        self.stalled = stalled
    }
}

/// An operation that waits for its answer for longer than a second.
public struct StalledOperation: Hashable, Sendable {
    /// What is being done, as in `StoreError.operation`.
    public var operation: String
    /// On which object.
    public var object: ObjectID?
    /// For how many seconds.
    public var seconds: Double

    /// See the properties.
    public init(operation: String, object: ObjectID?, seconds: Double) {
        self.operation = operation
        self.object = object
        self.seconds = seconds
    }
}

/// What a pool has to do with cache tiers (`ceph osd tier`): other pools that its clients write to, and read from, in its place.
///
/// Reading and changing an object by its name goes through the tier and is right. Listing objects does not: it gives what lies in the
/// pool itself, and misses whatever is in the tier only. So a whole listing, and all that rests on one, is refused there
/// (`ObjectReader.enumerate`, `StoreStatus.requireWholeListings`).
public enum CacheTiering: Hashable, Sendable {
    /// Not known: whoever knows did not answer.
    case unknown
    /// It has nothing to do with any: a listing gives all there is.
    case none
    /// It has tiers.
    case base([Tier])
    /// It is a tier of the pool with this name.
    case tier(of: String)

    /// A cache tier.
    public struct Tier: Hashable, Sendable {
        /// The name of the pool.
        public let name: String
        /// How it caches, as `ceph osd tier cache-mode` has it: `writeback`, `readonly`, …
        public let mode: String

        /// A pool that caches in this mode.
        public init(name: String, mode: String) {
            self.name = name
            self.mode = mode
        }
    }

    /// In a few words, for what is shown of a pool; nil if there is nothing to be said.
    public var summary: String? {
        switch self {
        case .unknown, .none: nil
        case .base(let tiers): tiers.map { "\(ByteString($0.name)) (\($0.mode))" }.joined(separator: ", ")
        case .tier(let base): "of \(ByteString(base))"
        }
    }

    /// Why no listing of the pool's objects is believed to be whole, and what to do; nil if it is.
    func obstacle(in pool: String) -> String? {
        switch self {
        case .none: nil
        case .unknown:
            "whether the pool \(ByteString(pool)) has a cache tier is not known, since `osd pool ls detail` was not answered: this client "
                + "needs mon 'allow r'"
        case .tier(let base):
            "\(ByteString(pool)) is a cache tier of the pool \(ByteString(base)), and holds a part of its objects: open that one, with -p "
                + "\(ByteString(base))"
        case .base(let tiers):
            "a listing of the pool \(ByteString(pool)) misses what is only in its cache tier, \(summary ?? ""), so nothing is decided by "
                + "one: flush the tier and remove it first ("
                + tiers.map { CacheTiering.removal(of: "\(ByteString($0.name))", from: "\(ByteString(pool))") }
                .joined(separator: "; ") + ")"
        }
    }

    private static func removal(of tier: String, from base: String) -> String {
        "ceph osd tier cache-mode \(tier) proxy; rados -p \(tier) cache-flush-evict-all; ceph osd tier remove-overlay \(base); "
            + "ceph osd tier remove \(base) \(tier)"
    }
}
