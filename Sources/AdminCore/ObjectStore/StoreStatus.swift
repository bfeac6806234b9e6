/// The place of an object by CRUSH.
public struct Placement: Hashable, Sendable {
    /// The placement group as in `ceph`: pool number, dot, hexadecimal seed.
    public let placementGroup: String

    /// The acting set: OSD numbers, the primary first.
    public let osds: [Int]

    /// A placement group and its OSDs.
    public init(placementGroup: String, osds: [Int]) {
        self.placementGroup = placementGroup
        self.osds = osds
    }
}

/// A store at a glance. Unknown properties are nil.
public struct StoreStatus: Hashable, Sendable {
    /// The kind of a store.
    public enum Backend: String, Sendable {
        /// A Ceph pool.
        case rados
        /// An SQLite file, or memory.
        case sqlite
    }

    /// The kind of the store.
    public var backend: Backend
    /// The pool's name, or the file's path; `memory` for a store in memory.
    public var name: String
    /// The pool's number, which stays when the pool is renamed.
    public var pool: Int64?
    /// The client, as in `client.admin`.
    public var client: String?
    /// The cluster's fsid.
    public var fsid: String?
    /// `HEALTH_OK`, `HEALTH_WARN`, `HEALTH_ERR`.
    public var health: String?
    /// Used bytes of the pool or file.
    public var bytesUsed: UInt64?
    /// Used bytes of the whole cluster.
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
    /// The cache tiers of the pool.
    public var tiering = CacheTiering.none
    /// The names of the pool's snapshots, which keep the space of removed objects; nil if unknown.
    public var snapshots: [String]?

    /// A status with only the kind and the name.
    public init(backend: Backend, name: String) {
        self.backend = backend
        self.name = name
    }

    /// Throws `StoreError` of kind `.incomplete` unless listings of the store are complete. To be
    /// called again right before chunks are freed, since a tier may have been added after the
    /// listing.
    package func requireWholeListings() throws {
        guard let obstacle = tiering.obstacle(in: name) else { return }
        throw StoreError(.incomplete, operation: "list objects", reason: obstacle)
    }
}

/// The load of a store.
public struct StoreLoad: Hashable, Sendable {
    /// Operations in flight.
    public var inFlight: Int
    /// The most operations in flight.
    public var limit: Int
    /// A moving average of the duration of an operation, in seconds; nil before the first one.
    public var latency: Double?
    /// The oldest unanswered operation, if it has waited for a second.
    public var stalled: StalledOperation?

    /// See the properties.
    public init(inFlight: Int = 0, limit: Int, latency: Double? = nil, stalled: StalledOperation? = nil) {
        self.inFlight = inFlight
        self.limit = limit
        self.latency = latency
        self.stalled = stalled
    }
}

/// An operation that has waited for its answer for at least a second.
public struct StalledOperation: Hashable, Sendable {
    /// The operation, as in `StoreError.operation`.
    public var operation: String
    /// Its object.
    public var object: ObjectID?
    /// The time it has waited, in seconds.
    public var seconds: Double

    /// See the properties.
    public init(operation: String, object: ObjectID?, seconds: Double) {
        self.operation = operation
        self.object = object
        self.seconds = seconds
    }
}

/// The cache tiers of a pool (`ceph osd tier`): other pools that clients read and write in its
/// place.
///
/// Reading and changing an object by its name goes through the tier. A listing does not: it misses
/// the objects that are only in the tier. So complete listings, and everything that rests on one,
/// are refused for such pools (`ObjectReader.enumerate`, `StoreStatus.requireWholeListings`).
public enum CacheTiering: Hashable, Sendable {
    /// Unknown: the monitors did not answer.
    case unknown
    /// The pool has no tier and is none: listings are complete.
    case none
    /// The pool has tiers.
    case base([Tier])
    /// The pool is a tier of the pool with this name.
    case tier(of: String)

    /// A cache tier.
    public struct Tier: Hashable, Sendable {
        /// The name of the pool that is the tier.
        public let name: String
        /// The mode, as in `ceph osd tier cache-mode`: `writeback`, `readonly`, …
        public let mode: String

        /// A tier; see the properties.
        public init(name: String, mode: String) {
            self.name = name
            self.mode = mode
        }
    }

    /// The tiers in a few words; nil if there are none or they are unknown.
    public var summary: String? {
        switch self {
        case .unknown, .none: nil
        case .base(let tiers): tiers.map { "\(ByteString($0.name)) (\($0.mode))" }.joined(separator: ", ")
        case .tier(let base): "of \(ByteString(base))"
        }
    }

    /// The reason why listings of the pool may be incomplete, and the remedy; nil if they are
    /// complete.
    package func obstacle(in pool: String) -> String? {
        switch self {
        case .none: nil
        case .unknown:
            "it is not known whether the pool \(ByteString(pool)) has a cache tier, since `osd pool ls detail` was not answered: this client "
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
