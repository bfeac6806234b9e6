import Foundation
import Testing

@testable import AdminCore

/// What can be said of a collection without a mark: what is in the quarantine, since when, what it would free, what is in the way, when.
@Suite struct QuarantineStatusTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    private func status(_ options: CollectionOptions = free) async throws -> QuarantineStatus {
        try await ChangePlanner(registry: fixture.registry, policy: clock.policy(delay: 0)).quarantine(options)
    }

    @Test func nothingIsInAnEmptyPool() async throws {
        let status = try await status()
        #expect(status.items.isEmpty && status.bytes == 0 && status.obstacles.isEmpty)
        #expect(status.nextFreeAfter == nil)
    }

    @Test func itSaysSinceWhenAndUntilWhen() async throws {
        _ = try await blob(pattern(3000, seed: 1))
        _ = try await blob(pattern(2000, seed: 2))
        try await run()
        let taken = clock.now
        clock.advance(by: Self.day / 2)
        _ = try await blob(pattern(1000, seed: 3))
        try await run()
        let status = try await status()
        #expect(status.items.map(\.kind) == [.blobs, .blobs] && status.items.map(\.count) == [2, 1])
        #expect(status.items.map(\.bytes) == [5000, 1000] && status.bytes == 6000 && status.dueBytes == 0)
        #expect(status.items.first?.since == taken && status.items.first?.by == fixture.admin.by.description)
        #expect(status.nextFreeAfter == taken.addingTimeInterval(Self.day))
        #expect(status.obstacles.isEmpty)
        clock.advance(by: Self.day / 2)
        let later = try await self.status(CollectionOptions())
        #expect(later.dueBytes == 5000)
        #expect(later.obstacles.contains { $0.contains("--cache-flushed") }, "nobody has said what registries remember")
        #expect(try await self.status(CollectionOptions(caches: .offline)).dueBytes == 6000)
    }

    @Test func itReadsNoManifestAndWritesNothing() async throws {
        let digest = try await fixture.push("app", tags: ["1"], layer: pattern(100))
        _ = try await blob(pattern(3000))
        try await run()
        let recording = RecordingStore(store)
        let watched = ChangeFixture(recording.underTest)
        _ = try await watched.planner.quarantine()
        let manifest = try await fixture.driver.reader.blob(paths.blob(digest)).chunk(0)
        #expect(recording.writeCount == 0)
        #expect(!recording.operations.contains { $0.object == manifest })
    }

    @Test func whatIsInTheWayIsNamed() async throws {
        _ = try await blob(pattern(3000))
        let path = try paths.quarantine.appending("undated")
        let loose = BlobIdentifier.random()
        try await store.set(
            StorageReader.directory(path), [.setOmap([Holding.key(Holding.orphan(loose)): loose.value])])
        try await fixture.driver.linkUp([path])
        try await store.set(Journal.object, [.setOmap(["000000000000001-x": Array("nonsense".utf8)])])
        let status = try await status()
        #expect(status.items.map(\.kind) == [.chunks] && status.items.first?.since == nil)
        #expect(status.obstacles.contains { $0.contains("undated") })
        #expect(status.obstacles.contains { $0.contains("000000000000001-x") })
        #expect(status.nextFreeAfter == nil)
    }
}
