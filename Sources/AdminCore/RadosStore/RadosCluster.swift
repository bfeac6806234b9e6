#if RADOS
import Glibc
import Logging

/// A connected Ceph cluster, before a pool of it is opened.
///
/// To be closed with `close()`, or by closing the one store that was opened from it.
public final class RadosCluster: Sendable {
    /// A pool of the cluster.
    public struct Pool: Hashable, Sendable {
        /// Its number, never used again after the pool is deleted.
        public let id: Int64
        /// Its name.
        public let name: String
        /// True if it is erasure-coded: then it cannot hold omaps.
        public let isErasureCoded: Bool
        /// False if no registry can be opened there: an erasure-coded pool without a replicated cache tier, or a tier of another pool.
        public let canHoldRegistry: Bool
    }

    /// Which pools hold an object.
    public struct Search: Hashable, Sendable {
        /// The pools that hold it, by name.
        public var found: [String] = []
        /// The pools that could not be asked, and why: they may hold it.
        public var unanswered: [String: StoreError] = [:]
        /// The pools that the client may not read, by name: they may hold it.
        public var forbidden: [String] = []
    }

    private let connection: RadosConnection

    /// As whom this is connected, as in `client.admin`.
    public var client: String { connection.client }

    private init(_ connection: RadosConnection) {
        self.connection = connection
    }

    /// Connects. `options.pool` is not looked at.
    ///
    /// Never blocks the cooperative pool and ends within `options.connectTimeout`. Throws `StoreError`: `.notConfigured`
    /// (no ceph.conf, no keyring), `.permissionDenied` (wrong key), `.unreachable`, `.invalid`, `.cancelled`.
    public static func connect(_ options: RadosOptions) async throws -> RadosCluster {
        RadosCluster(try await RadosConnection.connect(options))
    }

    /// All pools, by name. Throws `StoreError`.
    public func pools() async throws -> [Pool] {
        let details = try await PoolDetails.all(connection)
        return
            details.map {
                Pool(
                    id: $0.id, name: $0.name, isErasureCoded: $0.isErasureCoded,
                    canHoldRegistry: $0.canHoldRegistry(among: details))
            }
            .sorted { $0.name < $1.name }
    }

    /// Looks for `object` in every pool that can hold a registry: not in cache tiers, which hold a part of their base only. A pool that does not answer within the connect timeout is
    /// reported as such. Throws `StoreError` if the pools cannot be listed.
    public func poolsHolding(_ object: ObjectID) async throws -> Search {
        let candidates = try await pools().filter(\.canHoldRegistry)
        let limit = connection.bounds.connect
        let answers = try await concurrentMap(candidates, window: candidates.count) { [connection] pool in
            let reader = RadosReader(pool: RadosPool(connection: connection, id: pool.id, name: pool.name))
            return (pool.name, await Self.holds(reader, object, within: limit))
        }
        var search = Search()
        for (name, result) in answers {
            switch result {
            case .success(true): search.found.append(name)
            case .success(false): break
            case .failure(let error) where error.kind == .noSuchPool: break
            case .failure(let error) where error.kind == .permissionDenied: search.forbidden.append(name)
            case .failure(let error): search.unanswered[name] = error
            }
        }
        return search
    }

    /// Opens a pool for reading and for writing; nothing is written. The store owns the cluster from then on.
    ///
    /// Throws `StoreError`: `.noSuchPool`, which names the pools there are, `.invalid` for an erasure-coded pool and for a cache tier,
    /// `.unreachable` after the connect timeout, and others.
    public func open(pool name: String) async throws -> RadosStore {
        let timeout = connection.bounds.connect
        let id = try await connection.call("open the pool", timeout: timeout) { connection in
            try connection.number(ofPool: name)
        }
        let details: [PoolDetails]?
        do {
            details = try await PoolDetails.all(connection)
        } catch let error as StoreError where error.kind == .permissionDenied {
            // A client without capabilities on the monitors can read its pool all the same.
            details = nil
        }
        guard let id else { throw Self.noSuchPool(name, details) }
        if let details, let pool = details.first(where: { $0.id == id }), !pool.canHoldRegistry(among: details) {
            let tiering = pool.tiering(among: details)
            var reason =
                "\(ByteString(name)) is an erasure-coded pool, which cannot hold a registry; choose another one"
            if case .tier = tiering, let obstacle = tiering.obstacle(in: name) { reason = obstacle }
            throw StoreError(.invalid, operation: "open the pool", reason: reason)
        }
        let pool = RadosPool(connection: connection, id: id, name: name)
        _ = try await pool.context(.namespace(""), "open the pool")
        connection.logger.debug("opened the pool \(ByteString(name)), number \(id)")
        return RadosStore(pool)
    }

    /// Shuts the connection down; see `RadosStore.close`.
    public func close() async {
        await connection.close()
    }

    private static func noSuchPool(_ name: String, _ details: [PoolDetails]?) -> StoreError {
        let names = (details ?? []).map { ByteString($0.name).description }.sorted()
        let advice =
            names.isEmpty
            ? "the cluster has none"
            : "choose one of " + names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
        return StoreError(
            .noSuchPool, operation: "open the pool", errno: ENOENT,
            reason: "there is no pool \(ByteString(name)); \(advice)")
    }

    private static func holds(
        _ reader: RadosReader, _ object: ObjectID, within limit: Duration
    ) async -> Result<Bool, StoreError> {
        let operation = "look for a registry"
        let shot = OneShot<Bool, StoreError>()
        let task = Task {
            do {
                shot.end(.success(try await reader.read(.stat, of: object) != nil))
            } catch {
                shot.end(.failure(error as? StoreError ?? .rados(-EIO, operation, object)))
            }
        }
        defer { task.cancel() }
        do {
            return .success(
                try await shot.value(
                    timeout: limit, late: .rados(-ETIMEDOUT, operation, object),
                    cancelled: .cancelled(operation, object)
                ) {})
        } catch {
            return .failure(error)
        }
    }
}
#endif
