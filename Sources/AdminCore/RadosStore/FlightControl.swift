#if RADOS
import ObjectStore
import DequeModule
import Synchronization

/// Bounds the asynchronous operations and their data bytes in flight, and lists them: for the gauge
/// in the header, and for the end of a connection, which must wait for them.
///
/// An operation without room waits in the order of arrival; a cancelled one leaves at once.
final class FlightControl: Sendable {
    private struct Flight {
        let operation: String
        let object: ObjectID?
        var started = ContinuousClock.now
        var bytes = 0
        /// nil for a blocking call, which takes no room here.
        var pending: PendingOperation?
    }

    private struct Waiter {
        let id: UInt64
        let flight: Flight
        let shot = OneShot<UInt64, StoreError>()
    }

    private struct State {
        var flights: [UInt64: Flight] = [:]
        var inFlight = 0
        var bytes = 0
        /// In the order of arrival. A cancelled waiter is removed when it comes first.
        var queue = Deque<Waiter>()
        var next: UInt64 = 0
        var latency: Double?
        var closed = false
        var idle: [OneShot<Void, StoreError>] = []
    }

    private let limit: Int
    private let byteLimit: Int
    private let state = Mutex(State())

    /// At most `limit` operations with `byteLimit` bytes together. A larger operation runs alone.
    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// Waits for room for `pending` and enters it.
    ///
    /// - Returns: The number that `leave` takes.
    /// - Throws: `StoreError`: `.cancelled`, or `.blocklisted` after `close`.
    func enter(
        _ operation: String, _ object: ObjectID, bytes: Int, _ pending: PendingOperation
    ) async throws(StoreError) -> UInt64 {
        let flight = Flight(operation: operation, object: object, bytes: min(bytes, byteLimit), pending: pending)
        let waiter = Waiter(id: take(), flight: flight)
        return try await waiter.shot.value {
            waiter.shot.end(.failure(.cancelled(operation, object)))
            // The next one may be smaller and find room.
            land(state.withLock { admitWaiting(&$0) })
        } start: {
            let (closed, admitted) = state.withLock { state in
                if !state.closed { state.queue.append(waiter) }
                return (state.closed, admitWaiting(&state))
            }
            if closed { waiter.shot.end(.failure(.closed(operation, object))) }
            land(admitted)
        }
    }

    /// Enters a blocking call, which takes no room, for the gauge and for `close`.
    func enterCall(_ operation: String, _ object: ObjectID?) throws -> UInt64 {
        let id = take()
        try state.withLock { state in
            guard !state.closed else { throw StoreError.closed(operation, object) }
            state.flights[id] = Flight(operation: operation, object: object)
        }
        return id
    }

    /// Notes the end of an operation or call. If `answered`, its time counts for the latency.
    func leave(_ id: UInt64, answered: Bool) {
        let (admitted, idle) = state.withLock { state -> ([Waiter], [OneShot<Void, StoreError>]) in
            guard let flight = state.flights.removeValue(forKey: id) else { return ([], []) }
            if flight.pending != nil {
                state.inFlight -= 1
                state.bytes -= flight.bytes
                if answered {
                    let seconds = (ContinuousClock.now - flight.started).inSeconds
                    state.latency = state.latency.map { $0 + (seconds - $0) / 16 } ?? seconds
                }
            }
            var idle: [OneShot<Void, StoreError>] = []
            if state.flights.isEmpty { swap(&idle, &state.idle) }
            return (admitWaiting(&state), idle)
        }
        land(admitted)
        for shot in idle { shot.end(.success(())) }
    }

    /// The operations in flight now.
    var load: StoreLoad {
        state.withLock { state in
            // Only the keys are compared, since every loop over many objects asks for the limit.
            let oldest = state.flights.keys.min().flatMap { state.flights[$0] }
            let stalled = oldest.flatMap { flight -> StalledOperation? in
                let seconds = (ContinuousClock.now - flight.started).inSeconds
                guard seconds >= 1 else { return nil }
                return StalledOperation(operation: flight.operation, object: flight.object, seconds: seconds)
            }
            return StoreLoad(inFlight: state.inFlight, limit: limit, latency: state.latency, stalled: stalled)
        }
    }

    /// Refuses new and waiting operations, and cancels those in flight.
    func close() {
        let (waiters, pending) = state.withLock { state in
            state.closed = true
            defer { state.queue = [] }
            return (state.queue, state.flights.values.compactMap(\.pending))
        }
        for waiter in waiters {
            waiter.shot.end(.failure(.closed(waiter.flight.operation, waiter.flight.object)))
        }
        for operation in pending { operation.cancel() }
    }

    /// Ends `shot` as soon as nothing is in flight.
    func whenIdle(_ shot: OneShot<Void, StoreError>) {
        let now = state.withLock { state in
            if !state.flights.isEmpty { state.idle.append(shot) }
            return state.flights.isEmpty
        }
        if now { shot.end(.success(())) }
    }

    private func take() -> UInt64 {
        state.withLock { state in
            state.next += 1
            return state.next
        }
    }

    private func fits(_ bytes: Int, _ state: State) -> Bool {
        state.inFlight < limit && (state.bytes == 0 || state.bytes + bytes <= byteLimit)
    }

    /// Enters the waiters that have room, in their order. The caller resumes them with `land` after
    /// it releases the lock.
    private func admitWaiting(_ state: inout State) -> [Waiter] {
        var admitted: [Waiter] = []
        while let waiter = state.queue.first, waiter.shot.isClaimed || fits(waiter.flight.bytes, state) {
            state.queue.removeFirst()
            guard waiter.shot.claim() else { continue }
            var flight = waiter.flight
            flight.started = ContinuousClock.now
            state.inFlight += 1
            state.bytes += flight.bytes
            state.flights[waiter.id] = flight
            admitted.append(waiter)
        }
        return admitted
    }

    private func land(_ admitted: [Waiter]) {
        for waiter in admitted { waiter.shot.deliver(.success(waiter.id)) }
    }
}
#endif
