#if RADOS
import ObjectStore
import CRados
import Glibc
import Synchronization

/// One asynchronous librados operation, or one blocking call: it waits for room in the flight
/// control, is submitted once, answered once, and can be cancelled at any time.
///
/// The callback runs on one of librados' two threads, and only resumes the waiting task.
final class Flight: Sendable {
    /// The end of an operation.
    struct Answer: Sendable {
        /// At least 0 if the operation was executed, else a negative errno.
        let code: Int32
        /// The version of the object, if `code` is not negative.
        let version: UInt64
        /// False if the operation never reached the cluster.
        let submitted: Bool
        /// True if `cancel()` was called, which may be the reason of -ECANCELED.
        let cancelled: Bool
    }

    /// The flight as `FlightControl` sees it.
    struct Place {
        var started = ContinuousClock.now
        var isOver = false
        /// True if the task was cancelled before there was room.
        var isWithdrawn = false
        /// The task that waits for room.
        var room: UnsafeContinuation<Result<Void, StoreError>, Never>?
    }

    private enum Phase {
        case new
        case submitting
        case submitted
        case done
    }

    /// librados' completion.
    private struct Completion: Sendable {
        /// Unsafe only as a pointer: librados allows its use from any thread, and `deinit` releases
        /// it.
        nonisolated(unsafe) let raw: rados_completion_t
    }

    private struct State {
        var phase = Phase.new
        var cancelled = false
        var completion: Completion?
        /// The task that waits for the answer.
        var waiting: UnsafeContinuation<Answer, Never>?
    }

    let operation: String
    let object: ObjectID?
    /// The data bytes for which it needs room.
    let bytes: Int
    /// Unsafe only for the compiler: `FlightControl` alone uses it, with its lock held.
    nonisolated(unsafe) var place = Place()
    /// nil for a blocking call, which takes no room.
    private let context: IOContext?
    private let state = Mutex(State())

    /// True for a blocking call.
    var isCall: Bool { context == nil }

    /// An operation on `context`, which must stay open until the operation has ended; or a blocking
    /// call, without one.
    init(_ operation: String, _ object: ObjectID?, bytes: Int = 0, on context: IOContext? = nil) {
        self.operation = operation
        self.object = object
        self.bytes = bytes
        self.context = context
    }

    deinit {
        // librados allows the release in the callback as well.
        state.withLock { state in
            if let completion = state.completion { rados_aio_release(completion.raw) }
        }
    }

    /// Submits the operation and waits for the answer. After `cancel()`, it still waits for the
    /// answer, since librados may use the buffers of the operation until its callback. To be called
    /// once.
    func answer(_ submit: (rados_ioctx_t, rados_completion_t) -> Int32) async -> Answer {
        await withUnsafeContinuation { continuation in
            state.withLock { $0.waiting = continuation }
            start(submit)
        }
    }

    /// Asks librados to end the operation now, with -ECANCELED. Does nothing after its end.
    func cancel() {
        state.withLock { state in
            state.cancelled = state.cancelled || state.phase != .done
            if state.phase == .submitted { abort(state.completion) }
        }
    }

    /// To be called with the lock held, so that the operation cannot end, nor its context be
    /// destroyed, while librados uses both. The callback takes the lock, too, but never runs inside
    /// of `rados_aio_cancel`: another thread runs it.
    private func abort(_ completion: Completion?) {
        if let context, let completion { rados_aio_cancel(context.raw, completion.raw) }
    }

    private func start(_ submit: (rados_ioctx_t, rados_completion_t) -> Int32) {
        guard let context else { return finish(code: -EINVAL, submitted: false) }
        let me = Unmanaged.passRetained(self)
        var created: rados_completion_t?
        let code = rados_aio_create_completion2(
            me.toOpaque(),
            { completion, argument in
                guard let argument else { return }
                let flight = Unmanaged<Flight>.fromOpaque(argument).takeRetainedValue()
                flight.finish(
                    code: rados_aio_get_return_value(completion), version: rados_aio_get_version(completion))
            }, &created)
        guard code == 0, let completion = created else {
            me.release()
            return finish(code: -ENOMEM, submitted: false)
        }
        let handle = Completion(raw: completion)
        let proceed = state.withLock { state in
            state.completion = handle
            if !state.cancelled { state.phase = .submitting }
            return !state.cancelled
        }
        let result = proceed ? submit(context.raw, completion) : -ECANCELED
        if result < 0 {
            // No callback will come.
            me.release()
            return finish(code: result, submitted: false)
        }
        state.withLock { state in
            guard state.phase == .submitting else { return }
            state.phase = .submitted
            if state.cancelled { abort(state.completion) }
        }
    }

    private func finish(code: Int32, version: UInt64 = 0, submitted: Bool = true) {
        let (waiting, cancelled) = state.withLock { state in
            state.phase = .done
            return (state.waiting.take(), state.cancelled)
        }
        waiting?.resume(
            returning: Answer(code: code, version: version, submitted: submitted, cancelled: cancelled))
    }
}
#endif
