#if RADOS
/// A Ceph pool as a store of objects, through librados' asynchronous calls.
///
/// To be closed with `close()`: librados does not survive every exit of a process with operations in flight.
public final class RadosStore: Sendable {
    /// Reads from the pool.
    public let reader: RadosReader

    /// Changes the pool. A read-only session never takes it.
    public let writer: RadosWriter

    /// The pool's name when the monitors last said it: it may be renamed while it is open.
    public var poolName: String { pool.name }

    private let pool: RadosPool

    init(_ pool: RadosPool) {
        self.pool = pool
        reader = RadosReader(pool: pool)
        writer = RadosWriter(pool: pool)
    }

    /// Connects and opens the pool that `options` name. Nothing is written.
    ///
    /// Throws `StoreError` as `RadosCluster.connect` and `RadosCluster.open` do.
    public static func open(_ options: RadosOptions) async throws -> RadosStore {
        guard let pool = options.pool else {
            throw StoreError(.invalid, operation: "open the pool", reason: "no pool was named; name one with --pool")
        }
        let cluster = try await RadosCluster.connect(options)
        do {
            return try await cluster.open(pool: pool)
        } catch {
            await cluster.close()
            throw error
        }
    }

    /// Ends everything: what waits or is in flight is cancelled (a write in flight ends as unknown) and awaited, then the
    /// connection is shut down. Takes milliseconds; seconds only if a monitor hangs. Afterwards readers and writers of this
    /// store answer `.blocklisted`. Does nothing the second time.
    public func close() async {
        await pool.connection.close()
    }
}
#endif
