#if RADOS
import Glibc

/// Reads from one pool. Nothing can be changed with it, and it is never an `ObjectWriter`.
///
/// Modification times come in whole seconds: librados' C interface of 16.2 has no finer ones for read operations.
public struct RadosReader: ObjectReader {
    let pool: RadosPool

    /// See `ObjectReader`. A name that RADOS cannot have is `.invalid`, and a deleted pool `.noSuchPool` rather than nil.
    public func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        let context = try await pool.context(for: object, "read")
        let request = try ReadRequest(operation, of: object)
        let answer = try await pool.connection.perform("read", object, on: context, bytes: request.bytes) {
            request.submit($0, $1, object)
        }
        if answer.code >= 0 { return try request.state(version: answer.version, of: object) }
        // The operation's own code decides; that of a part says EIO for a missing object.
        guard answer.code == -ENOENT else {
            throw answer.submitted && !(answer.cancelled && answer.code == -ECANCELED)
                ? StoreError.rados(answer.code, "read", object) : pool.connection.interrupted("read", object)
        }
        if !request.wasAnswered { try await pool.requireExistence("read", object) }
        return nil
    }

    /// See `ObjectReader`. A cursor gives up to 1,000 objects a page.
    public func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await pool.requireWholeListings()
        return try await sample(scope, slices: slices).map { cursor in
            ObjectCursor {
                if let page = try await cursor.next() { return page }
                // A tier may have been added under way.
                try await pool.requireWholeListings()
                return nil
            }
        }
    }

    /// See `ObjectReader`: of a pool with a cache tier, what lies in the pool itself.
    public func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        guard slices > 0 else {
            throw StoreError(.invalid, operation: "list objects", reason: "\(slices) slices were asked for")
        }
        return try await pool.cursors(scope, slices: slices)
    }

    /// See `ObjectReader`. One command to the monitors for each call; at most a few run at once.
    public func placement(of object: ObjectID) async throws -> Placement? {
        try await pool.placement(of: object)
    }

    /// See `ObjectReader`. What the monitors do not answer in time is nil; throws only if they answer nothing at all.
    public func status() async throws -> StoreStatus {
        try await pool.status()
    }

    /// See `ObjectReader`. Operations of readers and writers of one cluster together.
    public var load: StoreLoad { pool.connection.flights.load }
}

/// Changes objects of one pool. Nothing can be read with it.
public struct RadosWriter: ObjectWriter {
    let pool: RadosPool

    /// See `ObjectWriter`. Works on a full pool: what needs space fails as `.full`, removing succeeds.
    public func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        if let never = operation.guards.first(where: { $0 == .version(0) }) {
            // Versions begin at 1; RADOS calls this one invalid.
            return .refused(never)
        }
        let (request, answer): (WriteRequest, PendingOperation.Answer)
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
            // A deleted pool must not look like an object that is gone already.
            do {
                try await pool.requireExistence("write", object)
            } catch {
                return .failed(error as? StoreError ?? .rados(-EIO, "write", object))
            }
        }
        let suspects = request.suspects(answer.code, cancelled: answer.cancelled)
        if let culprit = await culprit(of: suspects, object) { return .refused(culprit) }
        let error = StoreError.rados(answer.code, "write", object)
        // An OSD that was slow rather than dead has both done and not answered what was given up.
        return answer.code == -ETIMEDOUT || answer.code == -ECANCELED ? .unknown(error) : .failed(error)
    }

    /// The first of the suspects that does not hold now; the first one if that does not tell. That the operation was refused
    /// is certain; RADOS only does not say which of several versions, or of several xattrs, was the reason.
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
    /// Why an operation of ours ended with our own ECANCELED: the task was cancelled, or the store was closed.
    fileprivate func interrupted(_ operation: String, _ object: ObjectID) -> StoreError {
        Task.isCancelled ? .cancelled(operation, object) : .closed(operation, object)
    }
}
#endif
