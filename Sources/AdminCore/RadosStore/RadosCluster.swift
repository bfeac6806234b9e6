#if RADOS
public import ObjectStore
import Glibc
import Logging

/// A connected Ceph cluster, before a pool of it is opened.
///
/// To be closed with `close()`, or by closing the one store that was opened from it.
public final class RadosCluster: Sendable {
    /// A pool of the cluster.
    public struct Pool: Hashable, Sendable {
        /// The number, which no other pool gets after the pool is deleted.
        public let id: Int64
        /// The name.
        public let name: String
        /// True if the pool is erasure-coded, and so cannot hold omaps.
        public let isErasureCoded: Bool
        /// False for an erasure-coded pool without a replicated cache tier, and for a tier of
        /// another pool.
        public let canHoldRegistry: Bool
    }

    /// The result of a search for an object in all pools.
    public struct Search: Hashable, Sendable {
        /// The pools that hold it, by name.
        public var found: [String] = []
        /// The pools that did not answer, which may hold it, and the reason.
        public var unanswered: [String: StoreError] = [:]
        /// The pools that the client may not read, by name; they may hold it.
        public var forbidden: [String] = []
    }

    private let connection: RadosConnection

    /// The client, as in `client.admin`.
    public var client: String { connection.client }

    private init(_ connection: RadosConnection) {
        self.connection = connection
    }

    /// Connects within `options.connectTimeout`, without blocking the cooperative pool. Ignores
    /// `options.pool`.
    ///
    /// - Throws: `StoreError`: `.notConfigured` (no ceph.conf, no keyring), `.permissionDenied`
    ///   (wrong key), `.unreachable`, `.invalid`, `.cancelled`.
    public static func connect(_ options: RadosOptions) async throws -> RadosCluster {
        RadosCluster(try await RadosConnector(options).connect())
    }

    /// Reads the files and settings that `connect` uses, without connecting.
    ///
    /// - Throws: `StoreError` for a file that librados would refuse.
    public static func setup(_ options: RadosOptions) async throws -> RadosSetup {
        try await RadosConnector(options).setup()
    }

    /// All pools, sorted by name. Throws `StoreError`.
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

    /// Looks for `object` in every pool that can hold a registry. A pool that does not answer
    /// within the connect timeout is in `Search.unanswered`. Throws `StoreError` if the pools
    /// cannot be listed.
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

    /// Opens a pool for reading and writing; nothing is written. The store owns the cluster after
    /// that.
    ///
    /// - Throws: `StoreError`: `.noSuchPool` with the names of the pools, `.invalid` for an
    ///   erasure-coded pool and for a cache tier, `.unreachable` after the connect timeout, and
    ///   others.
    public func open(pool name: String) async throws -> RadosStore {
        let timeout = connection.bounds.connect
        let id = try await connection.call("open the pool", timeout: timeout) { connection in
            try connection.number(ofPool: name)
        }
        let details: [PoolDetails]?
        do {
            details = try await PoolDetails.all(connection)
        } catch let error as StoreError where error.kind == .permissionDenied {
            // A client without capabilities on the monitors can still read its pool.
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
