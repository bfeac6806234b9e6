#if RADOS
public import ObjectStore
import Glibc

/// Reads from one pool, and cannot change it.
///
/// Modification times are whole seconds: librados' C interface of 16.2 has no finer ones for read
/// operations.
public struct RadosReader: ObjectReader {
    let pool: RadosPool

    /// See `ObjectReader`. Throws `.invalid` for a name that RADOS cannot have, and `.noSuchPool`
    /// if the pool was deleted.
    public func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        let context = try await pool.context(for: object, "read")
        let request = try ReadRequest(operation, of: object)
        let answer = try await pool.connection.perform("read", object, on: context, bytes: request.bytes) {
            request.submit($0, $1, object)
        }
        if answer.code >= 0 { return try request.state(version: answer.version, of: object) }
        // Only the code of the operation shows a missing object: the code of a part is EIO then.
        guard answer.code == -ENOENT else {
            throw answer.submitted && !(answer.cancelled && answer.code == -ECANCELED)
                ? StoreError.rados(answer.code, "read", object) : pool.connection.interrupted("read", object)
        }
        if !request.wasAnswered { try await pool.requireExistence("read", object) }
        return nil
    }

    /// See `ObjectReader`. A page has up to 1,000 objects.
    public func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await pool.requireWholeListings()
        return try await sample(scope, slices: slices).map { cursor in
            ObjectCursor {
                if let page = try await cursor.next() { return page }
                // A tier may have been added during the enumeration.
                try await pool.requireWholeListings()
                return nil
            }
        }
    }

    /// See `ObjectReader`. Of a pool with a cache tier, the objects in the pool itself.
    public func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        guard slices > 0 else {
            throw StoreError(.invalid, operation: "list objects", reason: "the number of slices is \(slices)")
        }
        return try await pool.cursors(scope, slices: slices)
    }

    /// See `ObjectReader`. Each call is one command to the monitors; only a few run at once.
    public func placement(of object: ObjectID) async throws -> Placement? {
        try await pool.placement(of: object)
    }

    /// See `ObjectReader`. Parts that the monitors do not answer in time are nil; throws only if
    /// they answer nothing.
    public func status() async throws -> StoreStatus {
        try await pool.status()
    }

    /// See `ObjectReader`. The readers and writers of one cluster share the load.
    public var load: StoreLoad { pool.connection.flights.load }
}

/// Changes objects of one pool, and cannot read them.
public struct RadosWriter: ObjectWriter {
    let pool: RadosPool

    /// See `ObjectWriter`. On a full pool, removals succeed and operations that need space fail as
    /// `.full`.
    public func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        if let never = operation.guards.first(where: { $0 == .version(0) }) {
            // Versions begin at 1; RADOS calls 0 invalid.
            return .refused(never)
        }
        let (request, answer): (WriteRequest, Flight.Answer)
        do {
            let context = try await pool.context(for: object, "write")
            let built = try WriteRequest(operation, of: object)
            request = built
            answer = try await pool.connection.perform("write", object, on: context, bytes: built.bytes) {
                built.submit($0, $1, object)
            }
        } catch {
            return .failed(error as? StoreError ?? .rados(-EIO, "write", object))
        }
        if answer.code >= 0 { return .applied }
        guard answer.submitted else { return .failed(pool.connection.interrupted("write", object)) }
        if answer.code == -ENOENT {
            // A deleted pool must not look like a missing object.
            do {
                try await pool.requireExistence("write", object)
            } catch {
                return .failed(error as? StoreError ?? .rados(-EIO, "write", object))
            }
        }
        let suspects = request.suspects(answer.code, cancelled: answer.cancelled)
        if let culprit = await culprit(of: suspects, object) { return .refused(culprit) }
        let error = StoreError.rados(answer.code, "write", object)
        // A slow OSD may have executed an operation without having answered it.
        return answer.code == -ETIMEDOUT || answer.code == -ECANCELED ? .unknown(error) : .failed(error)
    }

    /// The first of the suspects that does not hold now, else the first one. The operation was
    /// refused in any case; RADOS does not tell which of several guards on versions or xattrs was
    /// the reason.
    private func culprit(of suspects: [WriteOperation.Guard], _ object: ObjectID) async -> WriteOperation.Guard? {
        guard suspects.count > 1,
            let state = try? await RadosReader(pool: pool).read(ReadOperation(xattrs: true), of: object)
        else { return suspects.first }
        let failing = suspects.first { suspect in
            switch suspect {
            case .version(let version): state.version != version
            case .xattr(let name, let value): state.xattrs[name] != value
            case .exists, .doesNotExist, .omapValue: false
            }
        }
        return failing ?? suspects.first
    }
}

extension RadosConnection {
    /// The error of an operation that this process has cancelled: its task was cancelled, or the
    /// store was closed.
    fileprivate func interrupted(_ operation: String, _ object: ObjectID) -> StoreError {
        Task.isCancelled ? .cancelled(operation, object) : .closed(operation, object)
    }
}
#endif
