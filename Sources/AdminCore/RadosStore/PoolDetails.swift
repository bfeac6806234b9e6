#if RADOS
import ObjectStore
import CRados
import Glibc

/// A pool in the answer of `ceph osd pool ls detail`.
struct PoolDetails: Sendable {
    /// The pool's number.
    let id: Int64
    let name: String
    let isErasureCoded: Bool
    /// Replicas of each object.
    let replicas: Int?
    let placementGroups: Int?
    /// The numbers of the pools that are cache tiers of this one.
    let tiers: [Int64]
    let tierOf: Int64?
    let readTier: Int64?
    let writeTier: Int64?
    /// The mode of the pool as a cache tier.
    let cacheMode: String?
    /// The names of the pool's snapshots.
    let snapshots: [String]

    /// A pool in the answer. Before Nautilus it has no number.
    struct Row: Decodable, Sendable {
        let pool_id: Int64?
        let pool_name: String
        /// 1: replicated, 3: erasure-coded.
        let type: Int?
        let size: Int?
        let pg_num: Int?
        /// Cache tiers by the numbers of their pools; -1 for none.
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

    /// The pool of a row; nil if it was deleted meanwhile. `lookup` returns the number of a pool
    /// whose row has none.
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
            // The rows have the current names, so librados needs the current map.
            rados_wait_for_latest_osdmap(connection.raw)
            return try rows.compactMap { try PoolDetails($0) { try connection.number(ofPool: $0) } }
        }
    }

    // MARK: - Cache tiers

    /// The cache tiers of the pool, or its base.
    func tiering(among pools: [PoolDetails]) -> CacheTiering {
        if let base = tierOf { return .tier(of: Self.name(of: base, among: pools)) }
        let numbers = Set(tiers + [readTier, writeTier].compactMap(\.self))
        if numbers.isEmpty { return .none }
        return .base(
            numbers.sorted().map { number in
                CacheTiering.Tier(
                    name: Self.name(of: number, among: pools),
                    mode: pools.first { $0.id == number }?.cacheMode ?? "unknown mode")
            })
    }

    /// True if a registry can be opened in the pool: not in a cache tier, which holds a part of its
    /// base, and not in an erasure-coded pool, which holds no omaps, unless a replicated tier takes
    /// its writes.
    func canHoldRegistry(among pools: [PoolDetails]) -> Bool {
        switch tiering(among: pools) {
        case .tier: false
        case .none, .unknown: !isErasureCoded
        case .base: !isErasureCoded || isWrittenToReplicas(among: pools)
        }
    }

    /// True if a replicated tier takes the writes to the pool.
    private func isWrittenToReplicas(among pools: [PoolDetails]) -> Bool {
        pools.contains { $0.id == writeTier && !$0.isErasureCoded }
    }

    private static func name(of number: Int64, among pools: [PoolDetails]) -> String {
        pools.first { $0.id == number }?.name ?? "number \(number)"
    }
}

extension RadosConnection {
    /// The number of the pool with this name; nil if there is none. Blocking: if librados' map
    /// lacks the name, librados waits for the newest map.
    func number(ofPool name: String) throws -> Int64? {
        let id = rados_pool_lookup(raw, name)
        if id == -Int64(ENOENT) { return nil }
        guard id >= 0 else { throw StoreError.rados(Int32(id), "open the pool") }
        return id
    }
}
#endif
