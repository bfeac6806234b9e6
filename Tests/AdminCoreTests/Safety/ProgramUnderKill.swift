#if RADOS
import Foundation
import Subprocess
import Synchronization

@testable import ObjectStore
@testable import StorageDriver

/// The program that was built with the tests, working on a pool, and killed there.
struct ProgramUnderKill: Sendable {
    /// When it gets the signal.
    enum Moment: Sendable {
        /// It comes to its end.
        case never
        /// So long after it was started.
        case afterStart(Duration)
        /// So long after its intent was seen in the journal.
        case afterIntent(Duration)
    }

    /// How it ended.
    struct Ending: Sendable {
        /// True if the signal ended it, and not it itself before.
        let isKilled: Bool
        /// True if it ended by itself and well.
        let isSuccess: Bool
        /// When, after its start, its intent was seen first, and when the journal was seen to
        /// change last; nil if none was seen.
        let intent: (first: Duration, last: Duration)?
        /// What it said of errors.
        let error: String
    }

    /// Where its ceph.conf is.
    let conf: String
    let pool: String
    /// The journal is looked at through this.
    let reader: any ObjectReader
    /// Where it keeps its log.
    let home: TemporaryDirectory

    /// Where it is: beside the tests' own executable.
    private static let path: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "regtop").path(percentEncoded: false)
    }()

    /// Runs it with these words, and kills it at a moment.
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
        return Ending(
            isKilled: isKilled, isSuccess: result.terminationStatus.isSuccess, intent: result.closureResult,
            error: result.standardError)
    }

    /// Looks at the journal again and again until the moment has come, or the program has ended.
    /// Gives when it changed there first and last.
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
