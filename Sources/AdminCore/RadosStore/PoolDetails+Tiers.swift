#if RADOS
extension PoolDetails {
    /// Whether the pool has to do with cache tiers.
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

    /// Whether a registry can lie in the pool: not in an erasure-coded one, which knows no omaps, unless a replicated tier takes them; and
    /// in a tier lies nothing that its base does not show.
    func canHoldRegistry(among pools: [PoolDetails]) -> Bool {
        switch tiering(among: pools) {
        case .tier: false
        case .none, .unknown: !isErasureCoded
        case .base: !isErasureCoded || isWrittenToReplicas(among: pools)
        }
    }

    /// Whether a replicated tier stands before the pool.
    private func isWrittenToReplicas(among pools: [PoolDetails]) -> Bool {
        pools.contains { $0.id == writeTier && !$0.isErasureCoded }
    }

    private static func name(of number: Int64, among pools: [PoolDetails]) -> String {
        pools.first { $0.id == number }?.name ?? "number \(number)"
    }
}

extension RadosPool {
    /// Whether the pool has to do with cache tiers. `.unknown` for a client that may not ask the monitors.
    func tiering() async throws -> CacheTiering {
        do {
            let details = try await PoolDetails.all(connection)
            // A pool that was deleted meanwhile is recognised by what is asked of it.
            return details.first { $0.id == id }?.tiering(among: details) ?? .none
        } catch let error as StoreError where error.kind == .permissionDenied {
            return .unknown
        }
    }

    /// Throws `.incomplete` if objects are known to be missed by a listing. Who may not ask the monitors lists what there is: nothing is
    /// freed by that (`StoreStatus.requireWholeListings`).
    func requireWholeListings() async throws {
        let tiering = try await tiering()
        guard tiering != .unknown, let obstacle = tiering.obstacle(in: name) else { return }
        throw StoreError(.incomplete, operation: "list objects", reason: obstacle)
    }
}
#endif
