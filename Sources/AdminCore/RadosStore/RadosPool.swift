#if RADOS
import CRados
import Glibc
import Synchronization

/// A pool of a connected cluster: what a reader and a writer share. It is known by its number: a pool that is deleted and
/// made again under the same name is another pool, and one that is renamed is the same.
final class RadosPool: Sendable {
    let connection: RadosConnection
    let id: Int64
    private let called: Mutex<String>
    private let deleted = Mutex(false)

    /// Its name when the monitors last said it.
    var name: String { called.withLock { $0 } }

    init(connection: RadosConnection, id: Int64, name: String) {
        self.connection = connection
        self.id = id
        called = Mutex(name)
    }

    /// What the monitors say of it now, its name among it. Throws `.noSuchPool` if they know of no such pool any more.
    func details(_ operation: String, _ object: ObjectID? = nil) async throws -> PoolDetails {
        try await detailsOfAll(operation, object).own
    }

    /// The same, with what they say of all pools.
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

    /// The context for the object's namespace. Throws `.invalid` if RADOS could not name the object.
    func context(for object: ObjectID, _ operation: String) async throws -> IOContext {
        var reason = object.violation
        if object.namespace == String(cString: crados_all_namespaces()) {
            reason = "its namespace is what librados calls all namespaces"
        }
        if let reason { throw StoreError(.invalid, operation: operation, object: object, reason: reason) }
        return try await context(.namespace(object.namespace), operation, object)
    }

    /// The context for a namespace, or for listing all of them. Throws `.noSuchPool` if the pool was deleted.
    func context(_ namespace: NamespaceScope, _ operation: String, _ object: ObjectID? = nil) async throws -> IOContext
    {
        do {
            return try await connection.context(pool: id, namespace: namespace)
        } catch let error as StoreError where error.errno == ENOENT {
            throw StoreError.poolDeleted(name, operation, object)
        }
    }

    /// Throws `.noSuchPool` if the pool is gone: a deleted pool answers ENOENT to everything, just as a missing object does.
    ///
    /// Asks librados' own map, which is up to date by then: before it gives an operation up because of a missing pool, it
    /// fetches the newest map. So this costs a hop to another thread, and a round trip only if the pool really is gone;
    /// and that is remembered, since the numbers of pools are never used again.
    func requireExistence(_ operation: String, _ object: ObjectID?) async throws {
        if !deleted.withLock({ $0 }) {
            let id = id
            let code = try await connection.call("look up the pool", timeout: connection.bounds.command) { connection in
                withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                    rados_pool_reverse_lookup(connection.raw, id, buffer.baseAddress, buffer.count)
                }
            }
            // A name that is too long for the buffer is an existing pool's, too.
            if code >= 0 || code == -ERANGE { return }
            guard code == -ENOENT else { throw StoreError.rados(code, operation, object) }
            deleted.withLock { $0 = true }
        }
        throw StoreError.poolDeleted(name, operation, object)
    }
}
#endif
