@testable import Registry
@testable import regtop
import Foundation
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
                "nextFreeAfter", "notes",
            ])
        #expect((plan["quarantined"] as? [[String: Any]])?.map { Set($0.keys) }.first == ["path", "blob", "bytes"])
        #expect((plan["quarantined"] as? [Any])?.count == 4 && (plan["freed"] as? [Any])?.isEmpty == true)
        #expect(plan["applied"] as? Bool == false && plan["nextFreeAfter"] is String)
        #expect(try await place.dump(store) == before)
    }

    @Test func oneOfflineRunMakesAllSteps() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("gc", "--offline", "--grace", "0", "--yes", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let after = try await place.dump(store)
        let missing = Set(before.lines).subtracting(after.lines).filter { $0.names("\"name\": \"blob:") }
        #expect(missing.count == 4)
        #expect(try await RegtopProgram.run("verify", "app/web", store, in: place).status == 0)
        let again = try await RegtopProgram.run("gc", "--offline", "--grace", "0", "--yes", store, in: place)
        #expect(again.status == 0 && again.text.contains("nothing to collect"))
    }

    @Test func obstaclesArePrintedWithStatus1() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        files.add("/docker/registry/regtop-trash/20260101-000000-0000/nonsense", Array("x".utf8))
        addLoose(1, to: &files)
        let store = try await place.store(files)
        let run = try await RegtopProgram.run(Self.all + [store], in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("blocked, nothing is freed or quarantined: ") && run.error.contains("nonsense"))
        let plan: [String: Any] = try await RegtopProgram.run(["gc", "--dry-run", "-f", "json", store], in: place)
            .json()
        #expect((plan["inTheWay"] as? [String])?.count == 1)
    }

    /// An unreadable document blocks nothing, and the command that the run prints removes it.
    @Test func aPinIsPrintedWithTheCommandThatRemovesIt() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        let garbage = Array("{not json".utf8)
        let digest = Digest.sha256(of: garbage).string
        let hex = digest.dropFirst(7)
        files.add("\(DumpText.root)/blobs/sha256/\(hex.prefix(2))/\(hex)/data", garbage)
        files.add("\(DumpText.root)/repositories/bad/_manifests/revisions/sha256/\(hex)/link", Array(digest.utf8))
        addLoose(1, to: &files)
        let store = try await place.store(files)
        let words = ["gc", "--offline", "--grace", "0", "--max-share", "100", "--yes", store]
        let run = try await RegtopProgram.run(words, in: place)
        #expect(run.status == 0, "\(run.error)")
        let text = run.text + run.error
        #expect(text.contains("everything that bad links to is kept: the manifest \(digest) cannot be read"))
        let command = try #require(text.firstMatch(of: /`regtop (rm [^`]+)`/)?.output.1)
        let removal = command.split(separator: " ").map(String.init) + ["--now", "--yes", store]
        #expect(try await RegtopProgram.run(removal, in: place).status == 0)
        #expect(try await !RegtopProgram.run(words, in: place).text.contains("is kept"))
    }

    @Test(arguments: [
        ["--offline", "--no-cache"], ["--no-cache", "--cache-flushed"], ["--max-share", "101"], ["--watch"],
        ["--watch", "--yes", "--offline"], ["--watch", "--yes", "--cache-flushed"], ["--watch", "--yes", "--dry-run"],
        ["--watch", "--yes", "--at", "24:00"], ["--watch", "--yes", "--every", "0.5s"], ["--every", "30s", "--yes"],
    ])
    func wrongUsage(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        #expect(try await RegtopProgram.run(["gc"] + words, in: place).status == 64)
    }

    @Test func theDailyStepHasItsHour() throws {
        let midnight = Date(timeIntervalSince1970: 1_800_057_600)
        let hour = try #require(TimeOfDay("3:05"))
        #expect(hour.description == "03:05")
        let first = midnight.addingTimeInterval(3 * 3600 + 300)
        #expect(hour.next(after: midnight) == first)
        #expect(hour.next(after: first.addingTimeInterval(-1)) == first)
        #expect(hour.next(after: first) == first.addingTimeInterval(86_400))
        #expect(["", "3", "03:60", "24:00", "3:0:0", "-1:00", "٣:00", "003:00"].allSatisfy { TimeOfDay($0) == nil })
    }

    private func addLoose(_ count: Int, to files: inout DumpText) {
        for number in 0..<count {
            let content = Array("loose \(number)".utf8)
            let hex = Digest.sha256(of: content).hex
            files.add("\(DumpText.root)/blobs/sha256/\(hex.prefix(2))/\(hex)/data", content)
        }
    }
}
