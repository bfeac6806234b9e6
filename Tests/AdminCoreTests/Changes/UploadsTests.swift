import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Unfinished uploads: their list, their removal into the trash, and uploads that share their
/// identifier with a blob after an interrupted MOVE.
@Suite struct UploadsTests {
    private static let root = "/docker/registry/v2/repositories/app/_uploads"

    /// Three uploads: an old one, a new one, and one without a start date.
    private func fixture(policy: JournalPolicy = JournalPolicy(delay: 0)) async throws -> ChangeFixture {
        let fixture = ChangeFixture(try StoreUnderTest.inMemory(), policy: policy)
        try await fixture.push("app", tags: ["v1"], layer: [1])
        for (id, started) in [("old", "2015-11-02T10:00:00Z"), ("new", WallClock.test.now.formatted(.iso8601))] {
            try await fixture.driver.putContent(path("\(Self.root)/\(id)/startedat"), Array(started.utf8))
            try await fixture.driver.putContent(path("\(Self.root)/\(id)/data"), pattern(1000))
        }
        try await fixture.driver.putContent(path("\(Self.root)/undated/hashstates/sha256/0"), pattern(10))
        return fixture
    }

    @Test func uploadsAreListedWithSizesAndDates() async throws {
        let fixture = try await fixture()
        let uploads = try await fixture.registry.uploads()
        #expect(uploads.map(\.id) == ["new", "old", "undated"])
        #expect(uploads.map(\.size) == [1000, 1000, 0])
        #expect(uploads[2].started == nil && uploads[2].lastKnown != nil, "as old as its directory")
        #expect(try await fixture.registry.uploads(of: ["app"]).count == 3)
        await #expect(throws: StorageError.self) { try await fixture.registry.uploads(of: ["nothing"]) }
    }

    @Test("one that says no date that can be is as old as the youngest of its chunks; a stray file is one of a kind")
    func anUploadWithoutADateIsAsOldAsItsYoungestChunk() async throws {
        var pool = MemoryPool()
        func date(_ day: Double) -> Date { Date(timeIntervalSince1970: 1_400_000_000 + day * 86_400) }
        pool.put("\(Self.root)/bare/data", pattern(10), modified: date(3))
        pool.put("\(Self.root)/headless/data", [1], modified: date(4))
        pool.put("\(Self.root)/nonsense/startedat", Array("0001-01-01T00:00:00Z".utf8), modified: date(1))
        pool.put("\(Self.root)/nonsense/data", pattern(10), modified: date(2))
        let stray = pool.put("\(Self.root)/stray", pattern(7), modified: date(5))
        let headless = try #require(pool.blob("\(Self.root)/headless/data"))
        pool.objects[headless.chunk(1)] = pool.objects.removeValue(forKey: headless.chunk(0))
        let uploads = try await pool.registry.uploads(of: ["app"])
        #expect(uploads.map(\.id) == ["bare", "headless", "nonsense", "stray"])
        #expect(uploads.map(\.lastKnown) == [3, 4, 2, 5].map(date) && uploads.allSatisfy { $0.started == nil })
        #expect(uploads.map(\.isStray) == [false, false, false, true] && uploads[3].size == 7)
        let plan = try await ChangePlanner(registry: pool.registry).purging(olderThan: 86_400, ids: ["stray"])
        #expect(plan.targets.map { $0.links.map(\.blob) } == [[stray]] && plan.targets[0].directories.isEmpty)
    }

    @Test func oldUploadsGoToTheTrashAndComeBack() async throws {
        let fixture = try await fixture()
        let before = try await fixture.snapshot()
        let plan = try await fixture.planner.purging(olderThan: 86_400)
        #expect(plan.targetNames == ["app/_uploads/old"])
        #expect(plan.impact.reclaimable == 1020)
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.done])
        #expect(try await fixture.registry.uploads().map(\.id) == ["new", "undated"])
        let item = try #require(try await fixture.trashItems.first)
        #expect(item.kind == .upload && item.bytes == 1020 && item.reclaimable == 1020)
        #expect(try await fixture.restore([item.id]).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [])
    }

    @Test func emptyingTheTrashFreesUploadedContent() async throws {
        let fixture = try await fixture()
        _ = await fixture.admin.apply(try await fixture.planner.purging(olderThan: 86_400))
        #expect(try await fixture.empty().map(\.outcome) == [.done])
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
        #expect(try await fixture.trashItems.isEmpty)
    }

    /// docs/layout.md#d6: the registry died during the MOVE of the upload to its blob.
    @Test func aPurgeOfAPairRemovesOnlyTheUploadsReference() async throws {
        let fixture = try await fixture()
        let data = try path("\(Self.root)/old/data")
        let blob = try await fixture.driver.reader.blob(data)
        let digest = Digest.sha256(of: pattern(1000))
        _ = try await fixture.driver.writer.publish([(fixture.registry.paths.blob(digest), blob)])
        try await fixture.driver.writer.linkUp([fixture.registry.paths.blob(digest).parent])
        let plan = try await fixture.planner.purging(olderThan: 86_400)
        #expect(plan.targets[0].pairs.map(\.path) == [data])
        #expect(plan.impact.reclaimable == 20, "the pair's content stays")
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await fixture.empty().map(\.outcome) == [.done])
        #expect(try await fixture.driver.reader.content(fixture.registry.paths.blob(digest)) == pattern(1000))
        #expect(try await fixture.registry.uploads().map(\.id) == ["new", "undated"])
    }

    @Test func uploadsSkipTheTrashOnlyOffline() async throws {
        let live = try await fixture(policy: JournalPolicy(delay: 86_400))
        await #expect(throws: ChangeError.self) { try await live.planner.purging(olderThan: 1, skippingTrash: true) }
        let offline = try await fixture()
        let plan = try await offline.planner.purging(olderThan: 86_400, skippingTrash: true)
        #expect(await offline.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await offline.trashItems.isEmpty)
        #expect(try await offline.registry.uploads().map(\.id) == ["new", "undated"])
    }
}
