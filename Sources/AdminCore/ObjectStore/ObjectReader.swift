/// What can be asked of a store of objects. RADOS and SQLite answer alike; the conformance suite says so.
///
/// Concurrency: every method may be called from any task at any time. The store bounds the operations in flight (see
/// `load`); further calls wait their turn. Cancelling a task makes its calls throw `StoreError` of kind `.cancelled` soon.
/// Errors: `StoreError` only.
public protocol ObjectReader: Sendable {
    /// Reads from one object in one round trip. nil if the object is proven not to exist.
    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState?

    /// Cursors that together enumerate every object once, in no particular order: `slices` (1…) of about equal size that
    /// can be followed in parallel. An object that is created or removed meanwhile may or may not be met.
    ///
    /// Throws `StoreError` of kind `.incomplete` where objects are known to be missed (`CacheTiering`), at the beginning and at the end.
    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor]

    /// The same without the promise that every object is met: for samples, never for a proof.
    func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor]

    /// On which placement group and OSDs an object lies, whether or not it exists. nil where the store has no such thing.
    func placement(of object: ObjectID) async throws -> Placement?

    /// Where and how big the store is, and how its cluster feels. May cost a round trip to the monitors.
    func status() async throws -> StoreStatus

    /// How busy the store is at this moment. Costs nothing, never waits.
    var load: StoreLoad { get }
}

extension ObjectReader {
    /// An enumeration: where nothing is missed, that is a sample as well.
    public func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await enumerate(scope, slices: slices)
    }
}

/// What can be changed in a store. Deliberately not an `ObjectReader`, and never the same value as one: a read-only session
/// holds no `ObjectWriter` at all.
public protocol ObjectWriter: Sendable {
    /// Executes one operation on one object, atomically. Never throws: the outcome says everything. Never repeated by the
    /// store on its own.
    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome
}

/// Which namespaces an enumeration covers.
public enum NamespaceScope: Hashable, Sendable {
    /// Every namespace of the pool.
    case all
    /// One namespace; the empty string is the default one.
    case namespace(String)
}

/// A place in the enumeration of a store. Follow each cursor from one task at a time.
public struct ObjectCursor: Sendable {
    private let fetch: @Sendable () async throws -> [ObjectID]?

    /// A cursor that gets its pages from `fetch`; nil ends it.
    public init(_ fetch: @escaping @Sendable () async throws -> [ObjectID]?) {
        self.fetch = fetch
    }

    /// The next objects: one page, possibly empty; nil at the end. Throws `StoreError`.
    public func next() async throws -> [ObjectID]? {
        try await fetch()
    }
}

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
