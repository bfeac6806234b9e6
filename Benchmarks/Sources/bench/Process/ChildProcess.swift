import Foundation
import Glibc

/// A program that runs to its end.
struct ChildProcess: Sendable {
    let output: String
    /// Without operations.
    let cost: Cost

    /// Runs a program on a thread that may block. Throws `ProcessFailure` unless it ends with 0.
    static func run(_ words: [String]) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try ChildProcess(words) }) }
        }
    }

    private init(_ words: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ProcessFailure(description: "no pipe") }
        defer { close(ends[0]) }
        let clock = ContinuousClock()
        let began = clock.now
        let process: pid_t
        do {
            defer { close(ends[1]) }
            process = try spawn(words) { actions in
                posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
                posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
                for end in ends { posix_spawn_file_actions_addclose(&actions, end) }
            }
        }
        let (text, memory) = Self.follow(process, ends[0])
        var (status, usage): (Int32, rusage) = (0, rusage())
        wait4(process, &status, 0, &usage)
        output = text
        cost = Cost(
            wall: began.duration(to: clock.now) / .seconds(1),
            processor: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime), memory: memory)
        guard status == 0 else {
            let words = words.joined(separator: " ")
            throw ProcessFailure(description: "\(words) ended with \(status): \(text.suffix(500))")
        }
    }

    /// Reads the output to its end, and looks at the peak of memory meanwhile. The peak that the
    /// system reports at the end is also that of the parent.
    private static func follow(_ process: pid_t, _ end: Int32) -> (String, Int) {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var memory = 0
        while true {
            var polled = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            let isReady = poll(&polled, 1, 20) > 0
            memory = max(memory, ResidentMemory(of: process)?.most ?? 0)
            guard isReady else { continue }
            let count = read(end, &buffer, buffer.count)
            guard count > 0 else { return (String(decoding: text, as: UTF8.self), memory) }
            text += buffer[..<count]
        }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
}
