#if RADOS
import ObjectStore
import DequeModule
import Synchronization

/// Bounds the asynchronous operations and their data bytes in flight, and lists them: for the gauge
/// in the header, and for the end of a connection, which must wait for them.
///
/// An operation without room waits in the order of arrival; a cancelled one leaves at once.
final class FlightControl: Sendable {
    private struct State {
        /// In the order of their start. A flight that is over stays until it comes first, or until
        /// such flights are the majority.
        var flights = Deque<Flight>()
        /// The flights that are not over, blocking calls included.
        var underWay = 0
        var inFlight = 0
        var bytes = 0
        /// In the order of arrival. A withdrawn flight is removed when it comes first.
        var queue = Deque<Flight>()
        var latency: Double?
        var closed = false
        var idle: [OneShot<Void, StoreError>] = []
    }

    private typealias Room = UnsafeContinuation<Result<Void, StoreError>, Never>

    private let limit: Int
    private let byteLimit: Int
    private let state = Mutex(State())

    /// At most `limit` operations with `byteLimit` bytes together. A larger operation runs alone.
    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// Waits for room for an operation and enters it.
    ///
    /// - Throws: `StoreError`: `.cancelled` after `cancel`, or `.blocklisted` after `close`.
    func enter(_ flight: Flight) async throws(StoreError) {
        let isThere = state.withLock { state in
            guard !state.closed, !flight.place.isWithdrawn, state.queue.isEmpty, fits(flight, state) else {
                return false
            }
            start(flight, &state)
            return true
        }
        if isThere { return }
        let result = await withUnsafeContinuation { (room: Room) in
            let (refusal, admitted) = state.withLock { state -> (StoreError?, [Room]) in
                if state.closed { return (.closed(flight.operation, flight.object), []) }
                if flight.place.isWithdrawn { return (.cancelled(flight.operation, flight.object), []) }
                flight.place.room = room
                state.queue.append(flight)
                return (nil, admitWaiting(&state))
            }
            if let refusal { room.resume(returning: .failure(refusal)) }
            for room in admitted { room.resume(returning: .success(())) }
        }
        try result.get()
    }

    /// Enters a blocking call, which takes no room, for the gauge and for `close`.
    func enterCall(_ flight: Flight) throws(StoreError) {
        let closed = state.withLock { state in
            if !state.closed { start(flight, &state) }
            return state.closed
        }
        if closed { throw StoreError.closed(flight.operation, flight.object) }
    }

    /// Cancels an operation: it leaves the queue, or librados ends it.
    func cancel(_ flight: Flight) {
        let (room, admitted) = state.withLock { state -> (Room?, [Room]) in
            flight.place.isWithdrawn = true
            guard let room = flight.place.room.take() else { return (nil, []) }
            // The next one may be smaller and find room.
            return (room, admitWaiting(&state))
        }
        room?.resume(returning: .failure(.cancelled(flight.operation, flight.object)))
        for room in admitted { room.resume(returning: .success(())) }
        flight.cancel()
    }

    /// Notes the end of an operation or call. If `answered`, its time counts for the latency.
    func leave(_ flight: Flight, answered: Bool) {
        let (admitted, idle) = state.withLock { state -> ([Room], [OneShot<Void, StoreError>]) in
            guard !flight.place.isOver else { return ([], []) }
            flight.place.isOver = true
            state.underWay -= 1
            while state.flights.first?.place.isOver == true { state.flights.removeFirst() }
            if state.flights.count > 2 * state.underWay + 64 { state.flights.removeAll { $0.place.isOver } }
            if !flight.isCall {
                state.inFlight -= 1
                state.bytes -= room(for: flight)
                if answered {
                    let seconds = (ContinuousClock.now - flight.place.started).inSeconds
                    state.latency = state.latency.map { $0 + (seconds - $0) / 16 } ?? seconds
                }
            }
            var idle: [OneShot<Void, StoreError>] = []
            if state.underWay == 0 { swap(&idle, &state.idle) }
            return (admitWaiting(&state), idle)
        }
        for room in admitted { room.resume(returning: .success(())) }
        for shot in idle { shot.end(.success(())) }
    }

    /// The operations in flight now.
    var load: StoreLoad {
        state.withLock { state in
            let stalled = state.flights.first.flatMap { flight -> StalledOperation? in
                let seconds = (ContinuousClock.now - flight.place.started).inSeconds
                guard seconds >= 1 else { return nil }
                return StalledOperation(operation: flight.operation, object: flight.object, seconds: seconds)
            }
            return StoreLoad(inFlight: state.inFlight, limit: limit, latency: state.latency, stalled: stalled)
        }
    }

    /// Refuses new and waiting operations, and cancels those in flight.
    func close() {
        let (waiting, flights) = state.withLock { state -> ([(Flight, Room)], [Flight]) in
            state.closed = true
            defer { state.queue = [] }
            let waiting = state.queue.compactMap { flight in flight.place.room.take().map { (flight, $0) } }
            return (waiting, state.flights.filter { !$0.place.isOver })
        }
        for (flight, room) in waiting {
            room.resume(returning: .failure(.closed(flight.operation, flight.object)))
        }
        for flight in flights { flight.cancel() }
    }

    /// Ends `shot` as soon as nothing is in flight.
    func whenIdle(_ shot: OneShot<Void, StoreError>) {
        let now = state.withLock { state in
            if state.underWay > 0 { state.idle.append(shot) }
            return state.underWay == 0
        }
        if now { shot.end(.success(())) }
    }

    private func room(for flight: Flight) -> Int { min(flight.bytes, byteLimit) }

    private func fits(_ flight: Flight, _ state: State) -> Bool {
        state.inFlight < limit && (state.bytes == 0 || state.bytes + room(for: flight) <= byteLimit)
    }

    private func start(_ flight: Flight, _ state: inout State) {
        flight.place.started = ContinuousClock.now
        state.flights.append(flight)
        state.underWay += 1
        guard !flight.isCall else { return }
        state.inFlight += 1
        state.bytes += room(for: flight)
    }

    /// Enters the waiting operations that have room, in their order. Returns their tasks, which the
    /// caller resumes after it releases the lock.
    private func admitWaiting(_ state: inout State) -> [Room] {
        var admitted: [Room] = []
        while let flight = state.queue.first {
            // Without a task, it was withdrawn.
            guard flight.place.room != nil else {
                state.queue.removeFirst()
                continue
            }
            guard fits(flight, state) else { break }
            state.queue.removeFirst()
            if let room = flight.place.room.take() { admitted.append(room) }
            start(flight, &state)
        }
        return admitted
    }
}
#endif
