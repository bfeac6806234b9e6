#if RADOS
import CRados
import Glibc

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

/// The librados that this program runs with.
public enum RadosLibrary {
    /// `librados 3.0.0 (Ceph 16.2.15)`: the library's own version, which is not Ceph's, and Ceph's where the library
    /// tells it. nil if the program was built without the trait RADOS.
    public static var version: String? {
        #if RADOS
        var (major, minor, extra): (Int32, Int32, Int32) = (0, 0, 0)
        rados_version(&major, &minor, &extra)
        let library = "librados \(major).\(minor).\(extra)"
        return cephVersion.map { "\(library) (Ceph \($0))" } ?? library
        #else
        return nil
        #endif
    }

    #if RADOS
    /// Ceph's version, from the library below librados. It has no C interface for it, so the function is looked up by the
    /// name a C++ compiler gives it, and its absence is nothing bad.
    private static var cephVersion: String? {
        guard let symbol = dlsym(nil, "_Z19ceph_version_to_strv") else { return nil }
        typealias VersionFunction = @convention(c) () -> UnsafePointer<CChar>?
        // Holds as long as the mangled name does, which spells this type: no arguments; the result, not a part of the name,
        // has been a C string in every release.
        return unsafeBitCast(symbol, to: VersionFunction.self)().map { String(cString: $0) }
    }
    #endif
}
