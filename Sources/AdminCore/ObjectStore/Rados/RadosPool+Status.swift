#if RADOS
extension RadosPool {
    /// Where the object lies. Asks the monitors, who answer from the map, whether or not the object exists.
    func placement(of object: ObjectID) async throws -> Placement? {
        struct Answer: Decodable, Sendable {
            let pgid: String
            let acting: [Int]
            let acting_primary: Int
        }
        // Checks the names, and that the pool is there.
        _ = try await context(for: object, "locate")
        let command = RadosCommand(
            "osd map",
            [("pool", ByteString(name)), ("object", object.name), ("nspace", ByteString(object.namespace))])
        do {
            let answer = try await command.answer(as: Answer.self, from: connection, "locate", object)
            // CRUSH marks a place it found no OSD for with 2147483647.
            let others = answer.acting.filter { $0 != answer.acting_primary && $0 != Int(Int32.max) }
            let primary = answer.acting_primary < 0 ? [] : [answer.acting_primary]
            return Placement(placementGroup: answer.pgid, osds: primary + others)
        } catch let error as StoreError where error.errno == 2 {
            throw StoreError.poolDeleted(name, "locate", object)
        }
    }

    /// What the monitors say about the cluster and the pool. Each of the three questions may stay unanswered.
    func status() async throws -> StoreStatus {
        async let cluster = settled { try await self.cluster() }
        async let usage = settled { try await self.usage() }
        async let details = settled { try await PoolDetails.all(self.connection) }
        let answers = await (cluster: cluster, usage: usage, details: details)
        if case .failure(let error) = answers.cluster, (try? answers.usage.get()) == nil,
            (try? answers.details.get()) == nil
        {
            throw error
        }

        var status = StoreStatus(backend: .rados, name: name)
        status.tiering = .unknown
        status.client = connection.client
        status.fsid = connection.fsid
        if let cluster = try? answers.cluster.get() {
            status.health = cluster.health.status
            status.osds = cluster.osdmap.num_osds
            status.osdsUp = cluster.osdmap.num_up_osds
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
        if let details = try? answers.details.get() {
            guard let pool = details.first(where: { $0.pool_id == id }) else {
                throw StoreError.poolDeleted(name, "status")
            }
            status.placementGroups = pool.pg_num
            status.replicas = pool.size
            status.tiering = pool.tiering(among: details)
            status.snapshots = pool.snapshots
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

/// What is read of `ceph status`.
private struct ClusterAnswer: Decodable, Sendable {
    struct Health: Decodable, Sendable {
        let status: String
    }

    struct OSDMap: Decodable, Sendable {
        let num_osds: Int
        let num_up_osds: Int
    }

    let health: Health
    let osdmap: OSDMap
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
struct PoolDetails: Decodable, Sendable {
    let pool_id: Int64
    let pool_name: String
    /// 1 is replicated, 3 is erasure-coded.
    let type: Int
    let size: Int
    let pg_num: Int
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

    var isErasureCoded: Bool { type == 3 }

    /// All pools of the cluster.
    static func all(_ connection: RadosConnection) async throws -> [PoolDetails] {
        try await RadosCommand("osd pool ls", [("detail", "detail")]).answer(
            as: [PoolDetails].self, from: connection, "list the pools")
    }
}
#endif
