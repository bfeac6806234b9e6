#if RADOS
public import ObjectStore
import CRados
import Glibc

/// A Ceph pool as a store of objects, through librados' asynchronous calls.
///
/// Close it with `close()`: librados may crash if the process exits with operations in flight.
public final class RadosStore: Sendable {
    /// Reads from the pool.
    public let reader: RadosReader

    /// Changes the pool. A read-only session does not hold it.
    public let writer: RadosWriter

    /// The pool's name in the last answer of the monitors. The pool may be renamed while it is
    /// open.
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

    /// Asks the monitors for the capabilities of the client, by service, as in
    /// `["mon": "allow r"]`.
    ///
    /// - Throws: `StoreError`: `.permissionDenied` if the client may not ask, as most may not.
    public func capabilities() async throws -> [String: String] {
        // The answer also has the key, which is not decoded.
        struct Answer: Decodable, Sendable {
            let caps: [String: String]
        }
        let connection = pool.connection
        let answers = try await RadosCommand("auth get", [("entity", ByteString(connection.client))]).answer(
            as: [Answer].self, from: connection, "read the capabilities")
        return answers.first?.caps ?? [:]
    }

    /// Cancels and awaits all operations (a write in flight ends as unknown), then shuts the
    /// connection down. Takes milliseconds, or seconds if a monitor hangs. After that, readers and
    /// writers of this store answer `.blocklisted`. Does nothing the second time.
    public func close() async {
        await pool.connection.close()
    }
}
#endif

/// The librados in use.
public enum RadosLibrary {
    /// `librados 3.0.0 (Ceph 16.2.15)`: the version of the library, and that of Ceph if the library
    /// reports it. nil without the package trait RADOS.
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
    /// Ceph's version, from the library below librados. It has no C interface, so the function is
    /// looked up by its C++ name; nil if there is none.
    private static var cephVersion: String? {
        guard let symbol = dlsym(nil, "_Z19ceph_version_to_strv") else { return nil }
        typealias VersionFunction = @convention(c) () -> UnsafePointer<CChar>?
        // The mangled name says that there are no arguments. The result is not a part of the name;
        // it is a C string in every release.
        return unsafeBitCast(symbol, to: VersionFunction.self)().map { String(cString: $0) }
    }
    #endif
}
