#if RADOS
import ObjectStore
import CRados
import Glibc
import Synchronization

/// One asynchronous librados operation: submitted once, answered once, cancellable at any time.
///
/// The callback runs on one of librados' two threads, and only resumes the waiting task.
final class PendingOperation: Sendable {
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
    }

    private let context: IOContext
    private let shot = OneShot<Answer, Never>()
    private let state = Mutex(State())

    /// An operation on `context`, which must stay open until the operation has ended.
    init(on context: IOContext) {
        self.context = context
    }

    deinit {
        // librados allows the release in the callback as well.
        state.withLock { state in
            if let completion = state.completion { rados_aio_release(completion.raw) }
        }
    }

    /// Submits the operation and waits for the answer. Cancelling the task cancels the operation,
    /// and still waits for the answer, since librados may use the buffers of the operation until
    /// its callback.
    func answer(_ submit: (rados_ioctx_t, rados_completion_t) -> Int32) async -> Answer {
        await shot.value(onCancel: { self.cancel() }, start: { start(submit) })
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
        if let completion { rados_aio_cancel(context.raw, completion.raw) }
    }

    private func start(_ submit: (rados_ioctx_t, rados_completion_t) -> Int32) {
        let me = Unmanaged.passRetained(self)
        var created: rados_completion_t?
        let code = rados_aio_create_completion2(
            me.toOpaque(),
            { completion, argument in
                guard let argument else { return }
                let operation = Unmanaged<PendingOperation>.fromOpaque(argument).takeRetainedValue()
                operation.finish(
                    code: rados_aio_get_return_value(completion), version: rados_aio_get_version(completion))
            }, &created)
        guard code == 0, let completion = created else {
            me.release()
            shot.end(.success(Answer(code: -ENOMEM, version: 0, submitted: false, cancelled: false)))
            return
        }
        let handle = Completion(raw: completion)
        let proceed = state.withLock { state in
            state.completion = handle
            guard !state.cancelled else {
                state.phase = .done
                return false
            }
            state.phase = .submitting
            return true
        }
        guard proceed else {
            me.release()
            shot.end(.success(Answer(code: -ECANCELED, version: 0, submitted: false, cancelled: true)))
            return
        }
        let result = submit(context.raw, completion)
        if result < 0 {
            // No callback will come.
            me.release()
            finish(code: result, version: 0, submitted: false)
            return
        }
        state.withLock { state in
            guard state.phase == .submitting else { return }
            state.phase = .submitted
            if state.cancelled { abort(state.completion) }
        }
    }

    private func finish(code: Int32, version: UInt64, submitted: Bool = true) {
        let cancelled = state.withLock { state in
            state.phase = .done
            return state.cancelled
        }
        shot.end(.success(Answer(code: code, version: version, submitted: submitted, cancelled: cancelled)))
    }
}
#endif
