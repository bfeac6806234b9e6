import CNcurses
import Dispatch
import Glibc
import Synchronization

/// Reports input from the keyboard and signals, and reads nothing.
///
/// `poll` blocks, so it runs on a queue of its own. After each notice the watch waits for `rearm`,
/// so that unread input does not make it spin.
nonisolated final class InputWatch: Sendable {
    private let queue = DispatchQueue(label: "regtop.input")
    private let armed = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let stopping: Int32
    private let stopped: Int32
    private let gone = Atomic(false)
    private let isWaiting = Atomic(false)

    /// True after a descriptor has lost its other end: no key can come any more.
    var hasHungUp: Bool { gone.load(ordering: .relaxed) }

    /// - Parameter notice: Called on the watch's own queue.
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

    /// Watches again, after all input was read. Does nothing unless a notice came before.
    func rearm() {
        if isWaiting.exchange(false, ordering: .acquiringAndReleasing) { armed.signal() }
    }

    /// Ends the watch; no notice comes after this returns. Call it once.
    func stop() {
        close(stopping)
        armed.signal()
        done.wait()
        close(stopped)
    }
}
