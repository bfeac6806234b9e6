#if RADOS
import CRados
import Glibc

extension RadosPool {
    /// Where the object lies. Asks the monitors, who answer from the map, whether or not the object exists.
    func placement(of object: ObjectID) async throws -> Placement? {
        // Checks the names, and that the pool is there.
        _ = try await context(for: object, "locate")
        if let placement = try await placement(of: object, in: name) { return placement }
        // The monitors want a name, and this one is nobody's any more, or another pool's.
        if let placement = try await placement(of: object, in: details("locate", object).name) { return placement }
        throw StoreError(
            .busy, operation: "locate", object: object, reason: "the pool \(ByteString(name)) was renamed meanwhile")
    }

    /// Where the object lies in the pool that has a name now; nil if it is not this pool.
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
            // CRUSH marks a place it found no OSD for with 2147483647.
            let others = answer.acting.filter { $0 != answer.acting_primary && $0 != Int(Int32.max) }
            let primary = answer.acting_primary < 0 ? [] : [answer.acting_primary]
            return Placement(placementGroup: answer.pgid, osds: primary + others)
        } catch let error as StoreError where error.errno == 2 {
            return nil
        }
    }

    /// What the monitors say about the cluster and the pool. Each of the three questions may stay unanswered.
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
        // Without a mgr, which counts, everything is 0: that is no answer.
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
}

/// What is read of `ceph status`. Its form has changed over the releases; what is not found is nil.
struct ClusterAnswer: Decodable, Sendable {
    private struct Health: Decodable {
        let status: String?
        /// Before Luminous the only one. Luminous has both, and always a warning here.
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
        // The counts are an ornament: the health is shown without them.
        let map = try? answer.decodeIfPresent(OSDMap.self, forKey: .osdmap)
        (osds, osdsUp) = (map?.osds, map?.osdsUp)
    }
}

/// What is read of `ceph df`.
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

/// What is read of `ceph osd pool ls detail`.
struct PoolDetails: Sendable {
    /// The pool's number.
    let id: Int64
    let name: String
    let isErasureCoded: Bool
    /// Replicas of each object.
    let replicas: Int?
    let placementGroups: Int?
    /// What it has to do with cache tiers, by the numbers of pools.
    let tiers: [Int64]
    let tierOf: Int64?
    let readTier: Int64?
    let writeTier: Int64?
    /// How the pool works as a tier.
    let cacheMode: String?
    /// The names of the pool's snapshots.
    let snapshots: [String]

    /// One pool of the answer. Before Nautilus it does not have its number.
    struct Row: Decodable, Sendable {
        let pool_id: Int64?
        let pool_name: String
        /// 1 is replicated, 3 is erasure-coded.
        let type: Int?
        let size: Int?
        let pg_num: Int?
        /// What it has to do with cache tiers, by the numbers of pools; -1 is none.
        let tiers: [Int64]?
        let tier_of: Int64?
        let read_tier: Int64?
        let write_tier: Int64?
        let cache_mode: String?
        let pool_snaps: [Snapshot]?

        struct Snapshot: Decodable, Sendable {
            let name: String
        }
    }

    /// The pool of a row, whose number librados knows if the row does not. nil if it was deleted meanwhile.
    init?(_ row: Row, lookup: (String) throws -> Int64?) rethrows {
        guard let id = try row.pool_id ?? lookup(row.pool_name) else { return nil }
        self.id = id
        name = row.pool_name
        isErasureCoded = row.type == 3
        (replicas, placementGroups) = (row.size, row.pg_num)
        func known(_ number: Int64?) -> Int64? { number.flatMap { $0 >= 0 ? $0 : nil } }
        (tierOf, readTier, writeTier) = (known(row.tier_of), known(row.read_tier), known(row.write_tier))
        tiers = row.tiers ?? []
        cacheMode = row.cache_mode
        snapshots = row.pool_snaps?.map(\.name) ?? []
    }

    /// All pools of the cluster.
    static func all(_ connection: RadosConnection) async throws -> [PoolDetails] {
        let rows = try await RadosCommand("osd pool ls", [("detail", "detail")]).answer(
            as: [Row].self, from: connection, "list the pools")
        return try await of(rows, connection)
    }

    /// The pools of the rows.
    static func of(_ rows: [Row], _ connection: RadosConnection) async throws -> [PoolDetails] {
        if rows.allSatisfy({ $0.pool_id != nil }) { return rows.compactMap { PoolDetails($0) { _ in nil } } }
        return try await connection.call("list the pools", timeout: connection.bounds.command) { connection in
            // The names are of now, so must librados' map be: it would know them as before a renaming.
            rados_wait_for_latest_osdmap(connection.raw)
            return try rows.compactMap { try PoolDetails($0) { try connection.number(ofPool: $0) } }
        }
    }
}

extension RadosConnection {
    /// The number of the pool that has a name now, nil if none has it. Blocking: where librados' own map lacks the name, it waits for the
    /// newest one.
    func number(ofPool name: String) throws -> Int64? {
        let id = rados_pool_lookup(raw, name)
        if id == -Int64(ENOENT) { return nil }
        guard id >= 0 else { throw StoreError.rados(Int32(id), "open the pool") }
        return id
    }
}
#endif
