import AdminCore
import Foundation
import Subprocess
import Testing

/// `gc` as operators and cron run it.
@Suite struct CollectCommandTests {
    private static let all = ["gc", "--no-cache", "--grace", "0", "--delay", "0", "--max-share", "100", "--yes"]

    @Test func dryRunShowsAndChangesNothing() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("gc", "--grace", "0", "--dry-run", "-f", "json", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let plan: [String: Any] = try run.json()
        #expect(
            Set(plan.keys) == [
                "targets", "impact", "applied", "results", "restored", "freed", "quarantined", "inTheWay",
                "nextFreeAfter",
            ])
        #expect((plan["quarantined"] as? [[String: Any]])?.map { Set($0.keys) }.first == ["path", "blob", "bytes"])
        #expect((plan["quarantined"] as? [Any])?.count == 4 && (plan["freed"] as? [Any])?.isEmpty == true)
        #expect(plan["applied"] as? Bool == false && plan["nextFreeAfter"] is String)
        #expect(try await place.dump(store) == before)
    }

    @Test func offlineOneRunDoesItAll() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("gc", "--offline", "--grace", "0", "--yes", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let after = try await place.dump(store)
        let missing = Set(before.lines).subtracting(after.lines).filter { $0.contains("\"name\": \"blob:") }
        #expect(missing.count == 4)
        #expect(try await RegtopProgram.run("verify", "app/web", store, in: place).status == 0)
        let again = try await RegtopProgram.run("gc", "--offline", "--grace", "0", "--yes", store, in: place)
        #expect(again.status == 0 && again.text.contains("nothing to be"))
    }

    @Test func whatIsInTheWayIsSaidAndEndsWithOne() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        let garbage = Array("{not json".utf8)
        let digest = Digest.sha256(of: garbage).string
        let hex = digest.dropFirst(7)
        files.add("\(DumpText.root)/blobs/sha256/\(hex.prefix(2))/\(hex)/data", garbage)
        files.add("\(DumpText.root)/repositories/bad/_manifests/revisions/sha256/\(hex)/link", Array(digest.utf8))
        addLoose(1, to: &files)
        let store = try await place.store(files)
        let run = try await RegtopProgram.run(Self.all + [store], in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("nothing is freed or taken: the manifest \(digest) cannot be read"))
        let plan: [String: Any] = try await RegtopProgram.run(["gc", "--dry-run", "-f", "json", store], in: place)
            .json()
        #expect((plan["inTheWay"] as? [String])?.count == 1)
    }

    @Test(arguments: [["--offline", "--no-cache"], ["--no-cache", "--cache-flushed"], ["--max-share", "101"]])
    func wrongUsage(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        #expect(try await RegtopProgram.run(["gc"] + words, in: place).status == 64)
    }

    // MARK: - Stopped, and gone on with

    private func addLoose(_ count: Int, to files: inout DumpText) {
        for number in 0..<count {
            let content = Array("loose \(number)".utf8)
            let hex = Digest.sha256(of: content).hex
            files.add("\(DumpText.root)/blobs/sha256/\(hex.prefix(2))/\(hex)/data", content)
        }
    }

    /// Runs it, and interrupts it as ^C does as soon as the store is in some state.
    private func interrupt(
        _ store: String, in place: TemporaryPlace, when isTime: @Sendable (Session) async throws -> Bool
    ) async throws -> ProgramRun {
        let words = RegtopProgram.environment(place) + [RegtopProgram.path] + Self.all + [store]
        let file = String(store.dropFirst("--store=sqlite:".count))
        let session = try await Session.open(SessionOptions(location: .sqlite(path: file), readOnly: true))
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(words), input: .none, output: .sequence, error: .string(limit: 1 << 20)
        ) { execution in
            while try await !isTime(session) { await Task.yield() }
            try execution.send(signal: .interrupt)
            var said: [UInt8] = []
            for try await piece in execution.standardOutput { said += piece.withUnsafeBytes { Array($0) } }
            return said
        }
        await session.close()
        return ProgramRun(
            status: result.terminationStatus.code, output: result.closureResult, error: result.standardError)
    }

    /// First while it takes, which is taken back; then while it frees, with which the next run goes on. At the end all is done.
    @Test(.timeLimit(.minutes(5)))
    func interruptedItGoesOnWhereItWas() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        try files.addImage("app", tags: ["1"])
        let loose = 2000
        addLoose(loose, to: &files)
        let store = try await place.store(files)
        let taking = try await interrupt(store, in: place) { session in
            try await session.pendingChanges().contains { $0.what.hasPrefix("take ") }
        }
        #expect(taking.status == 130, "\(taking.error)")
        #expect(taking.text.contains("failed  quarantine ") && taking.error.contains("cancelled"))
        #expect(try await count("quarantined", store, in: place) == loose)
        #expect(try await RegtopProgram.run(Self.all + [store], in: place).status == 0)
        #expect(try await count("freed", store, in: place) == loose)

        let freeing = try await interrupt(store, in: place) { session in
            try await session.pendingChanges().contains { $0.what.hasPrefix("free ") }
        }
        #expect(freeing.status == 130, "\(freeing.error)")
        #expect(freeing.text.contains("failed  free ") && freeing.error.contains("cancelled"))
        let last = try await RegtopProgram.run(Self.all + [store], in: place)
        #expect(last.status == 0, "\(last.error)")
        #expect(last.error.contains("a change that was interrupted is ended"))
        #expect(try await RegtopProgram.run(Self.all + [store], in: place).text.contains("nothing to be"))
        let objects = try await place.dump(store).lines.filter { $0.contains("\"name\": \"blob:") }
        // Of the image: configuration, layer, manifest, and four links.
        #expect(objects.count == 7)
        #expect(try await RegtopProgram.run("verify", "app:1", store, in: place).status == 0)
    }

    /// How many things the next run would do something with.
    private func count(_ what: String, _ store: String, in place: TemporaryPlace) async throws -> Int? {
        let words = Self.all.filter { $0 != "--yes" } + ["--dry-run", "-f", "json", store]
        let plan: [String: Any] = try await RegtopProgram.run(words, in: place).json()
        return (plan[what] as? [Any])?.count
    }
}
