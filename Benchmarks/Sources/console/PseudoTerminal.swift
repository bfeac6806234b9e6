import CTerminal
import Foundation
import Glibc

/// A program on a terminal of 80 columns and 24 rows that is read as fast as it writes.
final class PseudoTerminal {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What came until it was quiet.
    struct Answer {
        var bytes = 0
        /// From the question to the last byte; zero if none came.
        var time = Duration.zero
    }

    let process: pid_t
    private let master: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Starts it. The program has the terminal as its controlling one.
    init(_ words: [String]) throws {
        var name = [CChar](repeating: 0, count: 64)
        master = CTerminal_open(&name, 24, 80)
        guard master >= 0 else { throw Failure(description: "no terminal") }
        let path = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        process = try Self.spawn(words, on: String(decoding: path, as: UTF8.self))
    }

    private static func spawn(_ words: [String], on terminal: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // In a new session (POSIX_SPAWN_SETSID), the first terminal that it opens is its
        // controlling one.
        posix_spawnattr_setflags(&attributes, 0x80)
        posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        let arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process: pid_t = 0
        let error = posix_spawnp(&process, words[0], &actions, &attributes, arguments, environ)
        guard error == 0 else { throw Failure(description: "\(words[0]): \(String(cString: strerror(error)))") }
        return process
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

    /// In bytes, what is resident and what was at most.
    func memory() throws -> (now: Int, most: Int) {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        func bytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first ?? 0) * 1024
        }
        return (bytes("VmRSS:"), bytes("VmHWM:"))
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
