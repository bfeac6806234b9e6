import Foundation
import Synchronization

/// Turns ^C, SIGTERM and SIGHUP into a call, so that a command can report its results before it
/// ends.
nonisolated enum InterruptWatch {
    /// The descriptor to which the handler writes; -1 before `begin`.
    private static let bell = Atomic<Int32>(-1)

    /// Calls `onInterrupt` at the first signal, on a thread of its own, and ends the program with
    /// 130 at the second one. Signals that are ignored at the start, as under nohup, stay ignored.
    /// Call it once.
    ///
    /// It installs a handler and does not wait for blocked signals, because the main thread of an
    /// asynchronous program runs libdispatch, which unblocks all signals.
    static func begin(_ onInterrupt: @escaping @Sendable () -> Void) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let listening = ends[0]
        bell.store(ends[1], ordering: .releasing)
        for signal in [SIGINT, SIGTERM, SIGHUP] { install(signal) }
        Thread.detachNewThread {
            waitForRing(listening)
            onInterrupt()
            waitForRing(listening)
            _exit(ExitStatus.cancelled)
        }
    }

    private static func install(_ signal: Int32) {
        var present = sigaction()
        guard sigaction(signal, nil, &present) == 0 else { return }
        // SIG_IGN is the address 1, which has no name in Swift.
        if unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == 1 { return }
        var action = sigaction()
        action.sa_flags = SA_RESTART
        action.__sigaction_handler.sa_handler = { _ in
            // A handler may do no more than this write, and must restore errno.
            let before = errno
            var ring: UInt8 = 0
            _ = write(InterruptWatch.bell.load(ordering: .acquiring), &ring, 1)
            errno = before
        }
        sigaction(signal, &action, nil)
    }

    private static func waitForRing(_ listening: Int32) {
        var ring: UInt8 = 0
        while read(listening, &ring, 1) < 0, errno == EINTR {}
    }
}
