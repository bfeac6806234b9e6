#if RADOS
import ObjectStore
import CRados
import Glibc
import Synchronization

/// A pool of a connected cluster, shared by a reader and a writer. Its number identifies it: a
/// renamed pool is the same pool, and a new pool with the name of a deleted one is another pool.
final class RadosPool: Sendable {
    let connection: RadosConnection
    let id: Int64
    private let called: Mutex<String>
    private let deleted = Mutex(false)
    /// The context for the default namespace, which holds the registry, after its first use.
    private let registry = Mutex<IOContext?>(nil)

    /// The name in the last answer of the monitors.
    var name: String { called.withLock { $0 } }

    init(connection: RadosConnection, id: Int64, name: String) {
        self.connection = connection
        self.id = id
        called = Mutex(name)
    }

    /// The details of the pool from the monitors; updates the name. Throws `.noSuchPool` if the
    /// pool was deleted.
    func details(_ operation: String, _ object: ObjectID? = nil) async throws -> PoolDetails {
        try await detailsOfAll(operation, object).own
    }

    /// The same, with the details of all pools.
    func detailsOfAll(
        _ operation: String, _ object: ObjectID? = nil
    ) async throws -> (own: PoolDetails, all: [PoolDetails]) {
        let all = try await PoolDetails.all(connection)
        guard let own = all.first(where: { $0.id == id }) else {
            throw StoreError.poolDeleted(name, operation, object)
        }
        called.withLock { $0 = own.name }
        return (own, all)
    }

    /// The context for the object's namespace. Throws `.invalid` if RADOS cannot have an object of
    /// this name.
    func context(for object: ObjectID, _ operation: String) async throws -> IOContext {
        var reason = object.violation
        if object.namespace.isEmpty {
            if reason == nil, let context = registry.withLock({ $0 }) { return context }
        } else if object.namespace == String(cString: crados_all_namespaces()) {
            reason = "its namespace is the one by which librados means all namespaces"
        }
        if let reason { throw StoreError(.invalid, operation: operation, object: object, reason: reason) }
        let context = try await context(.namespace(object.namespace), operation, object)
        if object.namespace.isEmpty { registry.withLock { $0 = context } }
        return context
    }

    /// The context for a namespace, or for listings of all. Throws `.noSuchPool` if the pool was
    /// deleted.
    func context(_ namespace: NamespaceScope, _ operation: String, _ object: ObjectID? = nil) async throws -> IOContext
    {
        do {
            return try await connection.context(pool: id, namespace: namespace)
        } catch let error as StoreError where error.errno == ENOENT {
            throw StoreError.poolDeleted(name, operation, object)
        }
    }

    /// Throws `.noSuchPool` if the pool was deleted. In a deleted pool every operation answers
    /// ENOENT, as for a missing object.
    ///
    /// Asks librados' own map. It is up to date, since librados fetches the newest map before it
    /// fails an operation because of a missing pool. So this takes a hop to another thread, and a
    /// round trip only if the pool is gone. That result is remembered, since no other pool gets the
    /// same number.
    func requireExistence(_ operation: String, _ object: ObjectID?) async throws {
        if !deleted.withLock({ $0 }) {
            let id = id
            let code = try await connection.call("look up the pool", timeout: connection.bounds.command) { connection in
                withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                    rados_pool_reverse_lookup(connection.raw, id, buffer.baseAddress, buffer.count)
                }
            }
            // -ERANGE: the pool exists, and its name is too long for the buffer.
            if code >= 0 || code == -ERANGE { return }
            guard code == -ENOENT else { throw StoreError.rados(code, operation, object) }
            deleted.withLock { $0 = true }
        }
        throw StoreError.poolDeleted(name, operation, object)
    }

    // MARK: - Questions to the monitors

    /// The placement of an object, existing or not, which the monitors derive from their map.
    func placement(of object: ObjectID) async throws -> Placement? {
        // Checks the names, and that the pool exists.
        _ = try await context(for: object, "locate")
        if let placement = try await placement(of: object, in: name) { return placement }
        // The pool was renamed: no pool, or another one, has the old name.
        if let placement = try await placement(of: object, in: details("locate", object).name) { return placement }
        throw StoreError(
            .busy, operation: "locate", object: object, reason: "the pool \(ByteString(name)) was renamed meanwhile")
    }

    /// The placement of an object in the pool with this name; nil if that is not this pool.
    private func placement(of object: ObjectID, in name: String) async throws -> Placement? {
        struct Answer: Decodable, Sendable {
            let pool_id: Int64?
            let pgid: String
            let acting: [Int]
            let acting_primary: Int
        }
        let command = RadosCommand(
            "osd map",
            [("pool", ByteString(name)), ("object", object.name), ("nspace", ByteString(object.namespace))])
        do {
            let answer = try await command.answer(as: Answer.self, from: connection, "locate", object)
            guard answer.pool_id == nil || answer.pool_id == id else { return nil }
            // 2147483647: CRUSH has found no OSD for this place.
            let others = answer.acting.filter { $0 != answer.acting_primary && $0 != Int(Int32.max) }
            let primary = answer.acting_primary < 0 ? [] : [answer.acting_primary]
            return Placement(placementGroup: answer.pgid, osds: primary + others)
        } catch let error as StoreError where error.errno == 2 {
            return nil
        }
    }

    /// The status of the cluster and the pool from three questions to the monitors, each of which
    /// may stay unanswered.
    func status() async throws -> StoreStatus {
        async let cluster = settled { try await self.cluster() }
        async let usage = settled { try await self.usage() }
        async let details = settled { try await self.detailsOfAll("status") }
        let answers = await (cluster: cluster, usage: usage, details: details)
        if case .failure(let error as StoreError) = answers.details, error.kind == .noSuchPool { throw error }
        if case .failure(let error) = answers.cluster, (try? answers.usage.get()) == nil,
            (try? answers.details.get()) == nil
        {
            throw error
        }

        var status = StoreStatus(backend: .rados, name: name)
        status.pool = id
        status.tiering = .unknown
        status.client = connection.client
        status.fsid = connection.fsid
        if let cluster = try? answers.cluster.get() {
            status.health = cluster.health
            status.osds = cluster.osds
            status.osdsUp = cluster.osdsUp
        }
        // The mgr counts the bytes. Without a mgr, all numbers are 0, which is no answer.
        if let usage = try? answers.usage.get(), usage.stats.total_bytes > 0 {
            status.clusterBytesTotal = usage.stats.total_bytes
            status.clusterBytesUsed = usage.stats.total_used_raw_bytes ?? usage.stats.total_used_bytes
            if let pool = usage.pools.first(where: { $0.id == id }) {
                status.bytesUsed = pool.stats.bytes_used
                status.objects = pool.stats.objects
            }
        }
        if let (own, all) = try? answers.details.get() {
            status.placementGroups = own.placementGroups
            status.replicas = own.replicas
            status.tiering = own.tiering(among: all)
            status.snapshots = own.snapshots
        }
        return status
    }

    private func settled<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    private func cluster() async throws -> ClusterAnswer {
        try await RadosCommand("status").answer(as: ClusterAnswer.self, from: connection, "status")
    }

    private func usage() async throws -> UsageAnswer {
        try await RadosCommand("df").answer(as: UsageAnswer.self, from: connection, "status")
    }

    /// The cache tiers of the pool; `.unknown` for a client that may not ask the monitors.
    func tiering() async throws -> CacheTiering {
        do {
            let details = try await PoolDetails.all(connection)
            // A later call notices that the pool was deleted.
            return details.first { $0.id == id }?.tiering(among: details) ?? .none
        } catch let error as StoreError where error.kind == .permissionDenied {
            return .unknown
        }
    }

    /// Throws `.incomplete` if a listing is known to miss objects. A client that may not ask the
    /// monitors may list: nothing is freed by such a listing (`StoreStatus.requireWholeListings`).
    func requireWholeListings() async throws {
        let tiering = try await tiering()
        guard tiering != .unknown, let obstacle = tiering.obstacle(in: name) else { return }
        throw StoreError(.incomplete, operation: "list objects", reason: obstacle)
    }
}

/// The used parts of the answer of `ceph status`, whose form has changed over the releases.
struct ClusterAnswer: Decodable, Sendable {
    private struct Health: Decodable {
        let status: String?
        /// The only one before Luminous. Luminous has both; this one is always a warning there.
        let overall_status: String?
    }

    private struct OSDMap: Decodable {
        /// Before Nautilus a map inside of the map.
        private struct Inner: Decodable {
            let num_osds: Int?
            let num_up_osds: Int?
        }

        let osds: Int?
        let osdsUp: Int?

        private enum CodingKeys: String, CodingKey {
            case osdmap
        }

        init(from decoder: any Decoder) throws {
            let inner = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Inner.self, forKey: .osdmap)
            let map = try inner ?? Inner(from: decoder)
            (osds, osdsUp) = (map.num_osds, map.num_up_osds)
        }
    }

    /// `HEALTH_OK` and the like.
    let health: String?
    let osds: Int?
    let osdsUp: Int?

    private enum CodingKeys: String, CodingKey {
        case health, osdmap
    }

    init(from decoder: any Decoder) throws {
        let answer = try decoder.container(keyedBy: CodingKeys.self)
        let health = try answer.decodeIfPresent(Health.self, forKey: .health)
        self.health = health?.status ?? health?.overall_status
        // The counts may be missing; the health is shown without them.
        let map = try? answer.decodeIfPresent(OSDMap.self, forKey: .osdmap)
        (osds, osdsUp) = (map?.osds, map?.osdsUp)
    }
}

/// The used parts of the answer of `ceph df`.
private struct UsageAnswer: Decodable, Sendable {
    struct Cluster: Decodable, Sendable {
        let total_bytes: UInt64
        let total_used_bytes: UInt64
        let total_used_raw_bytes: UInt64?
    }

    struct Pool: Decodable, Sendable {
        struct Stats: Decodable, Sendable {
            let objects: UInt64
            let bytes_used: UInt64
        }

        let id: Int64
        let stats: Stats
    }

    let stats: Cluster
    let pools: [Pool]
}
#endif
