#if RADOS
import CRados
import Foundation
import Logging
import Synchronization

/// A connected cluster handle with everything that must end before it can be shut down.
final class RadosConnection: Sendable {
    /// Unsafe only as a pointer: it never changes, and librados lets it be used from any thread. Nobody gets it after `close()`: every use
    /// enters `flights` first, and `close()` waits for them.
    nonisolated(unsafe) let raw: rados_t
    let client: String
    let fsid: String
    let bounds: RadosBounds
    let flights: FlightControl
    let threads: BlockingThreads
    let listings = ListingTable()
    let logger: Logger
    private let contexts = Mutex<[IOContext.Key: IOContext]>([:])
    private let ended = Mutex(false)

    init(raw: rados_t, client: String, fsid: String, bounds: RadosBounds, threads: BlockingThreads, logger: Logger) {
        self.raw = raw
        self.client = client
        self.fsid = fsid
        self.bounds = bounds
        self.threads = threads
        self.logger = logger
        flights = FlightControl(limit: bounds.inFlight, byteLimit: RadosBounds.bytesInFlight)
    }

    deinit {
        // Forgotten rather than closed. Nothing is in flight, since every operation holds this object; but it may be the
        // cooperative pool that is running here, which must not block.
        guard ended.withLock({ $0 == false }) else { return }
        let teardown = Teardown(raw: raw, contexts: contexts.withLock { Array($0.values) }, listings: listings)
        BlockingThreads.spawn { teardown.run() }
    }

    /// The context for a pool and a namespace, made at its first use. Throws ENOENT as `.other`: the caller knows the pool.
    func context(pool: Int64, namespace: NamespaceScope) async throws -> IOContext {
        let key = IOContext.Key(pool: pool, namespace: namespace)
        if let context = contexts.withLock({ $0[key] }) { return context }
        return try await call("open the pool", timeout: bounds.command) { connection in
            var created: rados_ioctx_t?
            let code = rados_ioctx_create2(connection.raw, pool, &created)
            guard code == 0, let raw = created else { throw StoreError.rados(code, "open the pool") }
            switch namespace {
            case .all: rados_ioctx_set_namespace(raw, crados_all_namespaces())
            case .namespace(let name): rados_ioctx_set_namespace(raw, name)
            }
            let context = IOContext(raw: raw)
            let winner = connection.contexts.withLock { contexts in
                if let other = contexts[key] { return other }
                contexts[key] = context
                return context
            }
            if winner !== context { rados_ioctx_destroy(raw) }
            return winner
        }
    }

    /// Runs a blocking librados call on a thread of its own. Abandoned after `timeout` or when the task is cancelled; the
    /// call itself then goes on by itself until librados gives up.
    func call<Value: Sendable>(
        _ operation: String, _ object: ObjectID? = nil, timeout: Duration?,
        _ body: @escaping @Sendable (RadosConnection) throws -> Value
    ) async throws -> Value {
        let token = CallToken(flights, id: try flights.enterCall(operation, object))
        return try await threads.run(timeout: timeout, late: .rados(-ETIMEDOUT, operation, object)) { [self] in
            try withExtendedLifetime(token) { try body(self) }
        }
    }

    /// Submits an asynchronous operation as soon as there is room, and waits for its answer. Throws only if it was never
    /// submitted: `.cancelled`, or `.blocklisted` after `close()`.
    func perform(
        _ operation: String, _ object: ObjectID, on context: IOContext, bytes: Int,
        _ submit: (rados_ioctx_t, rados_completion_t) -> Int32
    ) async throws -> PendingOperation.Answer {
        let pending = PendingOperation(on: context)
        let id = try await flights.enter(operation, object, bytes: bytes, pending)
        let answer = await pending.answer(submit)
        flights.leave(id, answered: answer.submitted && answer.code != -ECANCELED && answer.code != -ETIMEDOUT)
        if answer.code < 0, answer.code != -ENOENT {
            logger.debug("\(operation) of \(object): \(StoreError.systemText(-answer.code))")
        }
        return answer
    }

    /// Ends everything in the one order that librados survives: nothing new is submitted, what is in flight is cancelled and
    /// its callbacks awaited, then the contexts are destroyed and the cluster is shut down. Does nothing the second time.
    ///
    /// A blocking call that hangs for more than two seconds keeps the handle from being shut down; it is left to the end
    /// of the process then, since shutting down beneath it would crash.
    func close() async {
        let first = ended.withLock { ended in
            defer { ended = true }
            return !ended
        }
        guard first else { return }
        flights.close()
        let late = StoreError.rados(-ETIMEDOUT, "close")
        let teardown = Teardown(raw: raw, contexts: contexts.withLock { Array($0.values) }, listings: listings)
        // A task of its own: closing has to be done in a cancelled task, too.
        let logger = logger
        let (flights, threads) = (flights, threads)
        await Task {
            do {
                let idle = OneShot<Void, StoreError>()
                try await idle.value(timeout: .seconds(2), late: late, cancelled: late) { flights.whenIdle(idle) }
                try await threads.run(timeout: .seconds(5), late: late) { teardown.run() }
                logger.debug("closed")
            } catch {
                logger.debug("left open: a call into librados does not end")
            }
        }.value
    }

    /// The last calls of a handle.
    private struct Teardown: Sendable {
        /// Unsafe only as a pointer: it is used once, by one thread, when nobody else uses it any more.
        nonisolated(unsafe) let raw: rados_t
        let contexts: [IOContext]
        let listings: ListingTable

        func run() {
            listings.freeAll()
            for context in contexts { rados_ioctx_destroy(context.raw) }
            rados_shutdown(raw)
        }
    }
}

/// Tells the flight control that a blocking call has ended, when the last one who knows of the call forgets it: its thread,
/// or, where the call was abandoned before its turn came, the queue.
private final class CallToken: Sendable {
    private let flights: FlightControl
    private let id: UInt64

    init(_ flights: FlightControl, id: UInt64) {
        self.flights = flights
        self.id = id
    }

    deinit {
        flights.leave(id, answered: false)
    }
}
#endif
