import Foundation
import Glibc
import Subprocess
import Testing

@testable import ObjectStore
@testable import SQLiteStore
@testable import SampleRegistry
@testable import StorageDriver

/// A stopped `fsck --deep` continues with the next run.
@Suite struct FsckStopTests {
    /// A store of small old blobs that nothing needs.
    private func store(of count: Int, in place: TemporaryPlace) async throws -> String {
        var builder = SampleBuilder()
        for number in 0..<count { try builder.store(SampleBlob("blob \(number)"), at: SampleDate(2015, 11, 2)) }
        let store = try await SQLiteStore.open(path: "\(place.path)/store.db", create: true, clock: .system)
        try await builder.draft.write(to: store.writer)
        await store.close()
        return "--store=sqlite:\(place.path)/store.db"
    }

    private func notes(_ place: TemporaryPlace) -> String {
        let directory = "\(place.path)/state/regtop"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        guard let name = names.first(where: { $0.hasSuffix(".hashed") }) else { return "" }
        return (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)) ?? ""
    }

    /// Runs `fsck --deep` until it has recorded some blobs, then interrupts it. The process begins
    /// stopped and is stopped during each check, so that it cannot end unseen on a busy machine. If
    /// it ends before the interrupt, the test reports that.
    private func stop(after lines: Int, _ store: String, in place: TemporaryPlace) async throws -> ProgramRun {
        let words =
            RegtopProgram.environment(place) + [
                "sh", "-c", "kill -STOP $$; exec \"$@\"", "sh", "nice", "-n", "19", RegtopProgram.path, "fsck",
                "--deep", "-f", "json", store,
            ]
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(words), input: .none, output: .sequence,
            error: .string(limit: 1 << 20)
        ) { execution in
            while true {
                try execution.send(signal: .suspend)
                if notes(place).utf8.count(where: { $0 == UInt8(ascii: "\n") }) > lines { break }
                if Self.hasEnded(execution.processIdentifier.value) {
                    Issue.record("it came to its end before it was stopped")
                    break
                }
                try execution.send(signal: .resume)
                // Lets the process run between two checks.
                _ = poll(nil, 0, 1)
                try Task.checkCancellation()
            }
            try execution.send(signal: .interrupt)
            try execution.send(signal: .resume)
            var output: [UInt8] = []
            for try await piece in execution.standardOutput { output += piece.withUnsafeBytes { Array($0) } }
            return output
        }
        return ProgramRun(
            status: result.terminationStatus.code, output: result.closureResult, error: result.standardError)
    }

    /// True if a process has ended. Its parent can still read the status.
    private static func hasEnded(_ process: pid_t) -> Bool {
        var state = siginfo_t()
        let answer = waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT)
        return answer != 0 || state.si_signo != 0
    }

    /// Enough blobs for an interrupt before the last one.
    private static let many = 800

    private struct Counts: Equatable {
        let hashed: Int
        let taken: Int
    }

    private func checked(_ run: ProgramRun) throws -> Counts {
        let json: [String: Any] = try run.json()
        let checked = try #require(json["checked"] as? [String: Any])
        return Counts(
            hashed: try #require(checked["hashed"] as? Int), taken: try #require(checked["taken"] as? Int))
    }

    @Test(.timeLimit(.minutes(15)))
    func aRunContinuesWhereTheLastOneStopped() async throws {
        let place = try TemporaryPlace()
        // Two runs are stopped half-way, on a machine that is busy with other tests.
        let blobs = 3 * Self.many
        let store = try await store(of: blobs, in: place)
        let stopped = try await stop(after: 20, store, in: place)
        #expect(stopped.status & 8 == 8, "\(stopped.error)")
        #expect(stopped.error.contains("the check is incomplete"))
        let first = try checked(stopped)
        #expect(first.taken == 0 && first.hashed >= 20 && first.hashed < blobs)

        let again = try await stop(after: 20 + first.hashed, store, in: place)
        let second = try checked(again)
        #expect(second.taken == first.hashed)
        #expect(again.error.contains("the run that was stopped at 20"))

        let run = try await RegtopProgram.run("fsck", "--deep", "-f", "json", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let last = try checked(run)
        #expect(last.taken == first.hashed + second.hashed)
        #expect(first.hashed + second.hashed + last.hashed == blobs, "nothing is hashed twice")
        #expect(notes(place).isEmpty, "a run that ends whole leaves nothing")

        let whole = try await RegtopProgram.run("fsck", "--deep", "-f", "json", store, in: place)
        #expect(try checked(whole) == Counts(hashed: blobs, taken: 0))
        #expect(whole.error.isEmpty)
    }

    @Test(.timeLimit(.minutes(15)))
    func anewHashesEverything() async throws {
        let place = try TemporaryPlace()
        let store = try await store(of: Self.many, in: place)
        _ = try await stop(after: 10, store, in: place)
        let run = try await RegtopProgram.run("fsck", "--deep", "--anew", "-f", "json", store, in: place)
        #expect(try checked(run) == Counts(hashed: Self.many, taken: 0))
        #expect(try await RegtopProgram.run("fsck", "--anew", store, in: place).status == 64)
    }

    @Test(.timeLimit(.minutes(15)))
    func invalidCheckpointsAreIgnored() async throws {
        let place = try TemporaryPlace()
        let store = try await store(of: Self.many, in: place)
        _ = try await stop(after: 10, store, in: place)
        let directory = "\(place.path)/state/regtop"
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasSuffix(".hashed") })
        try "nonsense\u{1b}[2J\n".write(toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8)
        let run = try await RegtopProgram.run("fsck", "--deep", "-f", "json", store, in: place)
        #expect(run.status == 0)
        #expect(try checked(run) == Counts(hashed: Self.many, taken: 0))
        #expect(run.error.contains("is not the record of a stopped run"))
        #expect(run.error.split(separator: "\n").count == 1 && !run.error.contains("\u{1b}"))
    }
}
