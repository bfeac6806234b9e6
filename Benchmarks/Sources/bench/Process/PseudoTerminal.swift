import CTerminal
import Glibc

/// A program on a terminal of 80 columns and 24 rows that is read as fast as it writes.
final class PseudoTerminal {
    /// What came until it was quiet.
    struct Answer {
        var bytes = 0
        /// From the question to the last byte; zero if none came.
        var time = Duration.zero
    }

    let process: pid_t
    /// When it was started.
    let began = ContinuousClock.now
    private let master: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Starts it. The program has the terminal as its controlling one.
    init(_ words: [String]) throws {
        var name = [CChar](repeating: 0, count: 64)
        master = CTerminal_open(&name, 24, 80)
        guard master >= 0 else { throw ProcessFailure(description: "no terminal") }
        // In a new session (POSIX_SPAWN_SETSID), the first terminal that it opens is its
        // controlling one.
        process = try spawn(words, flags: 0x80) { actions in
            posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        }
    }

    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// Returns the output until the program is silent for the given time, or `isDone` accepts the
    /// output.
    func answer(
        since began: ContinuousClock.Instant, quiet: Int32, until isDone: ([UInt8]) -> Bool = { _ in false }
    ) -> Answer {
        var answer = Answer()
        var text: [UInt8] = []
        while true {
            var polled = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, quiet) > 0 else { return answer }
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { return answer }
            answer.bytes += count
            answer.time = .now - began
            text += buffer[..<count]
            if isDone(text) { return answer }
        }
    }

    func end() {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        close(master)
    }
}

extension ContinuousClock.Instant {
    fileprivate static func - (left: Self, right: Self) -> Duration { right.duration(to: left) }
}
