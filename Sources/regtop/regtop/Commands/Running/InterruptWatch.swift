import Foundation
import Synchronization

/// Turns ^C (and SIGTERM, SIGHUP) into a call, so that a command can say what it has done before it ends.
nonisolated enum InterruptWatch {
    /// Where the handler writes; -1 until there is one.
    private static let bell = Atomic<Int32>(-1)

    /// From now on the first signal calls `onInterrupt`, on a thread of its own; the second one ends the program at once, with 130. What
    /// was ignored from the start, as under nohup, stays ignored. To be called once.
    ///
    /// A handler, not a thread that waits for blocked signals: the main thread of an asynchronous program ends up in libdispatch, which
    /// unblocks them all.
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
            // Nothing but what a handler may do: one write, and errno as it was.
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
