#if RADOS
import ObjectStore
import CRados
import Foundation
import Logging
import Synchronization

/// A connected cluster handle, and everything that must end before the handle can be shut down.
final class RadosConnection: Sendable {
    /// Unsafe only as a pointer: it never changes, and librados allows its use from any thread.
    /// Every use enters `flights` first, and `close()` waits for them, so there is no use after
    /// `close()`.
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
        // The connection was not closed. Nothing is in flight, since every operation holds this
        // object. This may run on the cooperative pool, which must not block.
        guard ended.withLock({ $0 == false }) else { return }
        let teardown = Teardown(raw: raw, contexts: contexts.withLock { Array($0.values) }, listings: listings)
        BackgroundThread.spawn { teardown.run() }
    }

    /// The context for a pool and a namespace, created at its first use. Throws ENOENT as `.other`;
    /// the caller knows the name of the pool.
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

    /// Runs a blocking librados call on a thread of its own. After `timeout`, or when the task is
    /// cancelled, the call continues on its own until librados ends it.
    func call<Value: Sendable>(
        _ operation: String, _ object: ObjectID? = nil, timeout: Duration?,
        _ body: @escaping @Sendable (RadosConnection) throws -> Value
    ) async throws -> Value {
        let flight = Flight(operation, object)
        try flights.enterCall(flight)
        let token = CallToken(flights, flight)
        return try await threads.run(timeout: timeout, late: .rados(-ETIMEDOUT, operation, object)) { [self] in
            try withExtendedLifetime(token) { try body(self) }
        }
    }

    /// Submits an asynchronous operation as soon as there is room, and waits for the answer. Throws
    /// only if it was never submitted: `.cancelled`, or `.blocklisted` after `close()`.
    func perform(
        _ operation: String, _ object: ObjectID, on context: IOContext, bytes: Int,
        _ submit: (rados_ioctx_t, rados_completion_t) -> Int32
    ) async throws -> Flight.Answer {
        let flight = Flight(operation, object, bytes: bytes, on: context)
        let answer = try await withTaskCancellationHandler {
            try await flights.enter(flight)
            return await flight.answer(submit)
        } onCancel: {
            flights.cancel(flight)
        }
        flights.leave(flight, answered: answer.submitted && answer.code != -ECANCELED && answer.code != -ETIMEDOUT)
        if answer.code < 0, answer.code != -ENOENT {
            logger.debug("\(operation) of \(object): \(StoreError.systemText(-answer.code))")
        }
        return answer
    }

    /// Closes the connection in the only order that librados survives: refuses new operations,
    /// cancels those in flight, waits for their callbacks, destroys the contexts, and shuts the
    /// cluster down. Does nothing the second time.
    ///
    /// If a blocking call hangs for more than two seconds, the handle stays open until the process
    /// ends, since a shutdown during the call would crash.
    func close() async {
        let first = ended.withLock { ended in
            defer { ended = true }
            return !ended
        }
        guard first else { return }
        flights.close()
        let late = StoreError.rados(-ETIMEDOUT, "close")
        let teardown = Teardown(raw: raw, contexts: contexts.withLock { Array($0.values) }, listings: listings)
        // A task of its own, so that a cancelled task can close the connection as well.
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

    /// The last calls for a handle.
    private struct Teardown: Sendable {
        /// Unsafe only as a pointer: one thread uses it once, after all others.
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

/// Notes the end of a blocking call in the flight control when its last owner releases it: the
/// thread of the call, or the queue if the call was abandoned before its turn.
private final class CallToken: Sendable {
    private let flights: FlightControl
    private let flight: Flight

    init(_ flights: FlightControl, _ flight: Flight) {
        self.flights = flights
        self.flight = flight
    }

    deinit {
        flights.leave(flight, answered: false)
    }
}

/// One librados I/O context: a pool and one namespace of it. The namespace is set once, since the
/// setters are not thread-safe, as the operations are.
final class IOContext: Sendable {
    /// The identity of a context.
    struct Key: Hashable, Sendable {
        let pool: Int64
        let namespace: NamespaceScope
    }

    /// Unsafe only as a pointer: it never changes, and librados allows operations on it from any
    /// thread. The connection destroys it when nothing is in flight.
    nonisolated(unsafe) let raw: rados_ioctx_t

    init(raw: rados_ioctx_t) {
        self.raw = raw
    }
}

/// The bounds for librados: from the options, within its own limits.
struct RadosBounds: Sendable {
    /// The most data bytes in flight: 64 MiB. Above 100 MiB, librados blocks the submitting thread.
    static let bytesInFlight = 64 << 20

    /// The most operations in flight, 1…512. Above 1024, librados blocks the submitting thread.
    let inFlight: Int

    /// The time limit for connecting and for opening a pool.
    let connect: Duration

    /// The time limit for one operation, in steps of a second; nil for none.
    let operation: Duration?

    /// The time limit for the monitors: always finite, since a dead mgr behind them would keep the
    /// header empty.
    let command: Duration

    init(_ options: RadosOptions) {
        inFlight = min(max(options.inFlight, 1), 512)
        connect = .seconds(max(options.connectTimeout, 0.001))
        operation = options.operationTimeout.map { .seconds(max($0, 0.001)) }
        command = operation ?? connect
    }
}

extension Duration {
    /// The duration as a number of seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// Whole seconds, rounded up, at least one, as librados' timeouts need them.
    var wholeSeconds: Int64 {
        max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
#endif
