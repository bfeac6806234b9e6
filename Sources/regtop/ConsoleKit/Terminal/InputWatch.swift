import CNcurses
import Dispatch
import Glibc
import Synchronization

/// Tells when something can be read from the keyboard or from the signals, without ever reading it. Waits on a queue of its
/// own, because poll blocks; after each notice it waits for `rearm`, so that unread input does not make it spin.
nonisolated final class InputWatch: Sendable {
    private let queue = DispatchQueue(label: "regtop.input")
    private let armed = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let stopping: Int32
    private let stopped: Int32
    private let gone = Atomic(false)
    private let isWaiting = Atomic(false)

    /// True once a descriptor has no other end any more: nothing will ever be typed again.
    var hasHungUp: Bool { gone.load(ordering: .relaxed) }

    /// `notice` is called on the watch's own queue.
    init(_ descriptors: [Int32], notice: @escaping @Sendable () -> Void) throws(TerminalError) {
        var pair: [Int32] = [-1, -1]
        guard CNcurses_pipe(&pair) == 0 else { throw .system("open a pipe", code: errno) }
        stopped = pair[0]
        stopping = pair[1]
        let watched = descriptors + [pair[0]]
        queue.async { [self] in
            defer { done.signal() }
            var polled = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            while true {
                guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
                if polled.last?.revents != 0 { return }
                let lost = Int16(POLLHUP | POLLERR | POLLNVAL)
                if polled.contains(where: { $0.revents & lost != 0 }) { gone.store(true, ordering: .relaxed) }
                isWaiting.store(true, ordering: .releasing)
                notice()
                armed.wait()
            }
        }
    }

    /// Everything readable has been read: look again. Without a notice before it does nothing.
    func rearm() {
        if isWaiting.exchange(false, ordering: .acquiringAndReleasing) { armed.signal() }
    }

    /// Returns when nothing will be noticed any more. Once.
    func stop() {
        close(stopping)
        armed.signal()
        done.wait()
        close(stopped)
    }
}
