import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import StorageDriver

/// The log of changes in the pool.
@Suite struct AuditLogTests {
    private func latest(_ fixture: ChangeFixture, _ limit: Int = 100, now: Date = WallClock.test.now) async throws
        -> [AuditEntry]
    {
        try await AuditLogReader(storage: fixture.driver.reader).latest(limit, now: now)
    }

    @Test func everyChangeIsLoggedWithItsOutcome() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a", "b"], layer: pattern(100))
        let id = try #require(try await fixture.trash("app:a").first?.trash)
        _ = try await fixture.move("app", to: "team/app")
        _ = try await fixture.restore([id.string])
        let entries = try await latest(fixture)
        #expect(entries.map(\.action) == ["restore", "move", "remove"])
        #expect(entries.map(\.targets) == [["\(id), app:a"], ["app to team/app"], ["app:a"]])
        #expect(entries.allSatisfy { $0.outcomes == ["done": 1] && $0.ended != nil && $0.user == NSUserName() })
        #expect(entries[2].results.first?.trash == id.string)
        #expect(try await latest(fixture, 1).map(\.action) == ["restore"])
    }

    @Test func dryRunsAndReadsAreNotLogged() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a"], layer: pattern(100))
        _ = try await fixture.planner.removal(of: [fixture.reference("app")])
        #expect(try await latest(fixture).isEmpty)
        #expect(try await !fixture.store.objects().contains(where: \.isLog))
    }

    /// The entry that is written before a change survives a crash.
    @Test func aCrashLeavesAnEntryWithoutAnEnd() async throws {
        let base = try ChangeFixture.inMemory()
        try await base.push("app", tags: ["a"], layer: pattern(100))
        let recording = RecordingStore(base.store)
        let dying = ChangeFixture(recording.underTest)
        let plan = try await dying.planner.removal(of: [dying.reference("app")])
        recording.reset()
        recording.inject { $0.write > 3 ? .unknownNotApplied(.dead) : nil }
        _ = await dying.admin.apply(plan)
        let entries = try await latest(base)
        #expect(entries.map(\.targets) == [["app"]])
        #expect(entries[0].ended == nil && entries[0].outcomes.isEmpty)
    }

    @Test func aChangeThatCannotBeLoggedIsDoneAndReported() async throws {
        let base = try ChangeFixture.inMemory()
        try await base.push("app", tags: ["a", "b"], layer: pattern(100))
        let recording = RecordingStore(base.store)
        recording.inject { step in
            guard step.operation.isWrite, let object = step.operation.object, object.isLog else { return nil }
            return .failed(StoreError(.full, operation: "write", object: object, errno: 122, reason: "full"))
        }
        let fixture = ChangeFixture(recording.underTest)
        for results in try await [fixture.trash("app:a"), fixture.remove("app:b").results] {
            #expect(results.map(\.outcome) == [.done])
            #expect(results[0].notes.contains { $0.hasPrefix("the log of changes could not be written") })
        }
        #expect(try await base.tags("app").isEmpty)
    }

    @Test func eachMonthHasItsOwnObject() async throws {
        #expect(AuditLog.object(of: Date(timeIntervalSince1970: 1_795_563_901)).name == "log-2026-11")
        #expect(AuditLog.object(of: Date(timeIntervalSince1970: 1_798_761_599)).name == "log-2026-12")
        #expect(AuditLog.object(of: Date(timeIntervalSince1970: 1_798_761_600)).name == "log-2027-01")
        let clock = TestClock()
        let fixture = ChangeFixture(try StoreUnderTest.inMemory(), policy: clock.policy(delay: 0))
        try await fixture.push("app", tags: ["0", "1", "2", "keep"], layer: pattern(100))
        for tag in 0..<3 {
            _ = try await fixture.remove("app:\(tag)")
            clock.advance(by: 40 * 86_400)
        }
        #expect(try await fixture.store.objects().count(where: \.isLog) == 3)
        let now = clock.now
        let targets = try await latest(fixture, now: now).flatMap(\.targets)
        #expect(targets == ["app:2", "app:1", "app:0"].map { "\($0), skipping the trash" })
    }

    @Test func invalidEntriesAreSkipped() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a", "b"], layer: pattern(100))
        _ = try await fixture.remove("app:a")
        let log = try #require(try await fixture.store.objects().first(where: \.isLog))
        let deep = Array((String(repeating: "[", count: 100_000)).utf8)
        try await fixture.store.set(log, [.setOmap(["0": [0xff], "1": deep, "zz!": [], "\u{ff}": Array("{}".utf8)])])
        #expect(try await latest(fixture).map(\.action) == ["remove"])
    }
}
