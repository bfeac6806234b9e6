#if RADOS
import Foundation
import Subprocess
import Synchronization

@testable import ObjectStore
@testable import StorageDriver

/// Runs the program that was built with the tests on a pool, and kills it.
struct ProgramUnderKill: Sendable {
    /// The moment at which the program gets the signal.
    enum Moment: Sendable {
        /// The program gets no signal and runs to its end.
        case never
        /// This long after the start of the program.
        case afterStart(Duration)
        /// This long after the program's intent was first seen in the journal.
        case afterIntent(Duration)
    }

    /// The end of one run.
    struct Ending: Sendable {
        /// True if the signal ended the program.
        let isKilled: Bool
        /// True if the program ended by itself, with success.
        let isSuccess: Bool
        /// The times after the start at which the intent was first seen and at which the journal
        /// last changed. Both are the end of the run if no intent was seen: on a busy machine the
        /// program can write and remove it between two looks.
        let intent: (first: Duration, last: Duration)
        /// The standard error output of the program.
        let error: String
    }

    /// The path of the program's ceph.conf.
    let conf: String
    let pool: String
    /// Reads the journal.
    let reader: any ObjectReader
    /// The directory in which the program keeps its log.
    let home: TemporaryDirectory

    /// The path of the program, beside the tests' own executable.
    private static let path: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "regtop").path(percentEncoded: false)
    }()

    /// Runs the program with these words, and kills it at `moment`.
    func run(_ words: [String], killed moment: Moment) async throws -> Ending {
        let directory = home.url.path(percentEncoded: false)
        let environment = [
            "-u", "CEPH_CONF", "-u", "CEPH_ARGS", "-u", "CEPH_KEYRING", "XDG_STATE_HOME=\(directory)",
            "HOME=\(directory)",
        ]
        let began = ContinuousClock.now
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(environment + [Self.path] + words + ["-c", conf, "-p", pool]),
            input: .none, output: .sequence, error: .string(limit: 1 << 20)
        ) { execution in
            let hasEnded = Mutex(false)
            async let seen = watch(since: began, moment, until: { hasEnded.withLock(\.self) }) {
                try execution.send(signal: .kill)
            }
            for try await _ in execution.standardOutput {}
            hasEnded.withLock { $0 = true }
            return try await seen
        }
        let isKilled = if case .signaled(let signal) = result.terminationStatus { signal == SIGKILL } else { false }
        let end = ContinuousClock.now - began
        return Ending(
            isKilled: isKilled, isSuccess: result.terminationStatus.isSuccess,
            intent: result.closureResult ?? (end, end), error: result.standardError)
    }

    /// Reads the journal again and again until the moment of the kill, or until the program has
    /// ended. Returns the times of the first and of the last change of the journal.
    private func watch(
        since began: ContinuousClock.Instant, _ moment: Moment, until hasEnded: @Sendable () -> Bool,
        kill: @Sendable () throws -> Void
    ) async throws -> (first: Duration, last: Duration)? {
        var seen: (first: Duration, last: Duration)?
        var version: UInt64?
        while !hasEnded() {
            let present = try await reader.read(.stat, of: Journal.object)?.version
            let now = ContinuousClock.now - began
            if present != version {
                seen = (seen?.first ?? now, now)
                version = present
            }
            let due: Duration? =
                switch moment {
                case .never: nil
                case .afterStart(let delay): delay
                case .afterIntent(let delay): seen.map { $0.first + delay }
                }
            if let due, due <= now {
                try kill()
                break
            }
            await Task.yield()
        }
        return seen
    }
}
#endif
