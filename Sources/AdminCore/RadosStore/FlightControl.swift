#if RADOS
import DequeModule
import Synchronization

/// Bounds how many asynchronous operations, and how many data bytes, are in flight at once, and knows what is: the gauge
/// of the header and the list of what has to end before a connection can be shut down.
///
/// Whoever finds no room waits in the order of arrival; a waiter that is cancelled leaves at once.
final class FlightControl: Sendable {
    private struct Flight {
        let operation: String
        let object: ObjectID?
        let started: ContinuousClock.Instant
        let bytes: Int
        /// nil for a blocking call, which takes no room here.
        let pending: PendingOperation?
    }

    private struct Waiter {
        let flight: Flight
        let continuation: UnsafeContinuation<UInt64, any Error>
    }

    private struct State {
        var flights: [UInt64: Flight] = [:]
        var inFlight = 0
        var bytes = 0
        var queue = Deque<UInt64>()
        var waiters: [UInt64: Waiter] = [:]
        var next: UInt64 = 0
        var latency: Double?
        var closed = false
        var idle: [OneShot<Void>] = []
    }

    private let limit: Int
    private let byteLimit: Int
    private let state = Mutex(State())

    /// At most `limit` operations with `byteLimit` bytes together. An operation that is larger than that flies alone.
    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// Waits for room for `pending` and enters it. What `leave` has to be called with. Throws `.cancelled`, or `.blocklisted`
    /// after `close`.
    func enter(_ operation: String, _ object: ObjectID, bytes: Int, _ pending: PendingOperation) async throws -> UInt64
    {
        let bytes = min(bytes, byteLimit)
        let id = take()
        let admitted = try state.withLock { state in
            guard !state.closed else { throw StoreError.closed(operation, object) }
            guard state.waiters.isEmpty, fits(bytes, state) else { return false }
            admit(
                id,
                Flight(
                    operation: operation, object: object, started: ContinuousClock.now, bytes: bytes, pending: pending),
                &state)
            return true
        }
        if admitted { return id }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let flight = Flight(
                    operation: operation, object: object, started: ContinuousClock.now, bytes: bytes, pending: pending)
                wait(id, Waiter(flight: flight, continuation: continuation))
            }
        } onCancel: {
            let (waiter, admitted) = state.withLock { state in
                // The next one may be smaller and find room.
                (state.waiters.removeValue(forKey: id), admitWaiting(&state))
            }
            waiter?.continuation.resume(throwing: StoreError.cancelled(operation, object))
            for (id, waiter) in admitted { waiter.continuation.resume(returning: id) }
        }
    }

    /// Enters a blocking call, so that the gauge and `close` know about it. It takes no room.
    func enterCall(_ operation: String, _ object: ObjectID?) throws -> UInt64 {
        let id = take()
        try state.withLock { state in
            guard !state.closed else { throw StoreError.closed(operation, object) }
            state.flights[id] = Flight(
                operation: operation, object: object, started: ContinuousClock.now, bytes: 0, pending: nil)
        }
        return id
    }

    /// The operation or call has ended; `answered` says that the cluster did it, which counts for the latency.
    func leave(_ id: UInt64, answered: Bool) {
        let (admitted, idle) = state.withLock { state -> ([(UInt64, Waiter)], [OneShot<Void>]) in
            guard let flight = state.flights.removeValue(forKey: id) else { return ([], []) }
            if flight.pending != nil {
                state.inFlight -= 1
                state.bytes -= flight.bytes
                if answered {
                    let seconds = (ContinuousClock.now - flight.started).inSeconds
                    state.latency = state.latency.map { $0 + (seconds - $0) / 16 } ?? seconds
                }
            }
            var idle: [OneShot<Void>] = []
            if state.flights.isEmpty { swap(&idle, &state.idle) }
            return (admitWaiting(&state), idle)
        }
        for (id, waiter) in admitted { waiter.continuation.resume(returning: id) }
        for shot in idle { shot.end(.success(())) }
    }

    /// What is in flight now.
    var load: StoreLoad {
        state.withLock { state in
            // By the keys alone: every loop over many objects asks for the limit.
            let oldest = state.flights.keys.min().flatMap { state.flights[$0] }
            let stalled = oldest.flatMap { flight -> StalledOperation? in
                let seconds = (ContinuousClock.now - flight.started).inSeconds
                guard seconds >= 1 else { return nil }
                return StalledOperation(operation: flight.operation, object: flight.object, seconds: seconds)
            }
            return StoreLoad(inFlight: state.inFlight, limit: limit, latency: state.latency, stalled: stalled)
        }
    }

    /// Lets nobody in any more, sends the waiting ones away, cancels what is in flight.
    func close() {
        let (waiters, pending) = state.withLock { state in
            state.closed = true
            defer { state.waiters = [:] }
            return (Array(state.waiters.values), state.flights.values.compactMap(\.pending))
        }
        for waiter in waiters {
            waiter.continuation.resume(throwing: StoreError.closed(waiter.flight.operation, waiter.flight.object))
        }
        for operation in pending { operation.cancel() }
    }

    /// Ends `shot` as soon as nothing is in flight.
    func whenIdle(_ shot: OneShot<Void>) {
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

    private func wait(_ id: UInt64, _ waiter: Waiter) {
        let outcome = state.withLock { state -> Result<UInt64, StoreError>? in
            let (operation, object) = (waiter.flight.operation, waiter.flight.object)
            if state.closed { return .failure(.closed(operation, object)) }
            // Under the lock that the cancellation handler takes: either it is seen here, or the handler finds the waiter.
            if Task.isCancelled { return .failure(.cancelled(operation, object)) }
            if state.waiters.isEmpty, fits(waiter.flight.bytes, state) {
                admit(id, waiter.flight, &state)
                return .success(id)
            }
            state.queue.append(id)
            state.waiters[id] = waiter
            return nil
        }
        switch outcome {
        case .success(let id): waiter.continuation.resume(returning: id)
        case .failure(let error): waiter.continuation.resume(throwing: error)
        case nil: break
        }
    }

    private func fits(_ bytes: Int, _ state: State) -> Bool {
        state.inFlight < limit && (state.bytes == 0 || state.bytes + bytes <= byteLimit)
    }

    private func admit(_ id: UInt64, _ flight: Flight, _ state: inout State) {
        state.inFlight += 1
        state.bytes += flight.bytes
        state.flights[id] = flight
    }

    private func admitWaiting(_ state: inout State) -> [(UInt64, Waiter)] {
        var admitted: [(UInt64, Waiter)] = []
        while let id = state.queue.first {
            // A cancelled waiter has left its number in the queue.
            guard let waiter = state.waiters[id] else {
                state.queue.removeFirst()
                continue
            }
            guard fits(waiter.flight.bytes, state) else { break }
            state.queue.removeFirst()
            state.waiters[id] = nil
            let flight = Flight(
                operation: waiter.flight.operation, object: waiter.flight.object, started: ContinuousClock.now,
                bytes: waiter.flight.bytes, pending: waiter.flight.pending)
            admit(id, flight, &state)
            admitted.append((id, waiter))
        }
        return admitted
    }
}
#endif
