import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// The status of the quarantine without a mark: its batches, their dates, their bytes, the
/// obstacles, and the next moment at which content can be freed.
@Suite struct QuarantineStatusTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    private func status(_ options: CollectionOptions = free) async throws -> QuarantineStatus {
        try await ChangePlanner(registry: fixture.registry, policy: clock.policy(delay: 0)).quarantine(options)
    }

    @Test func anEmptyPoolHasAnEmptyQuarantine() async throws {
        let status = try await status()
        #expect(status.items.isEmpty && status.bytes == 0 && status.obstacles.isEmpty)
        #expect(status.nextFreeAfter == nil)
    }

    @Test func theStatusHasTheDatesOfItsBatches() async throws {
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

    /// Noted, quarantined, shown and freed content has the same bytes: the bytes of its chunks in
    /// the pool, whatever size chunk 0 says, and also without a chunk 0.
    @Test func bytesAreEqualInPlansStatusAndFreeing() async throws {
        var options = Self.free
        options.untagged = true
        options.uploadsOlderThan = 0
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        // A longer file was there before: chunk 0 is full, although its size is smaller.
        let path = try await blob(pattern(4 << 20, seed: 1))
        let loose = try await fixture.driver.reader.blob(path)
        for index in [1, 4] { try await store.set(loose.chunk(index), [.write(pattern(500), at: 0)]) }
        try await store.set(loose.chunk(0), [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(1000))])
        let orphan = BlobIdentifier.random()
        for index in [1, 3] { try await store.set(orphan.chunk(index), [.writeFull(pattern(700))]) }
        let lone = BlobIdentifier.random()
        try await store.set(lone.chunk(0), [.writeFull(pattern(70))])
        let upload = paths.uploads(try fixture.name("app")).appending(.literal("1", "data"))
        try await fixture.driver.putContent(upload, pattern(2000))
        let data = try await fixture.driver.reader.blob(upload)
        try await store.set(data.chunk(0), [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(10))])
        let untagged = try await fixture.push("app", tags: [], layer: pattern(5000, seed: 3))
        let uploads = try await fixture.planner.purging(olderThan: 0)
        #expect(uploads.impact.reclaimable == 2000)

        var held: [BlobIdentifier: UInt64] = [:]
        for object in try await store.objects() {
            guard let chunk = BlobIdentifier.parse(chunkName: object.name) else { continue }
            held[chunk.blob, default: 0] += try await store.state(object).size
        }
        func check(_ plan: CollectionPlan, _ work: Set<CollectionPlan.Part.Work>) {
            for item in plan.parts.filter({ work.contains($0.work) }).flatMap(\.items) {
                #expect(item.bytes == held[item.blob], "\(item.origin)")
            }
        }
        let first = try await run(options)
        check(first, [.quarantine, .note])
        #expect(first.obstacles == [], "links and uploads are no part of the bytes of all blobs")
        #expect(Set(first.items(.note).map(\.blob)).isSuperset(of: [orphan, lone]))
        #expect(first.items(.quarantine).contains { $0.blob == loose })
        let revision = paths.revision(try fixture.name("app"), untagged)
        #expect(first.items(.quarantine).contains { $0.origin.isBelow(revision) })
        #expect(try await status(options).bytes == first.impact.reclaimable)
        clock.advance(by: Self.day + 1)
        let last = try await plan(options)
        check(last, [.free])
        #expect(last.impact.bytes >= first.impact.reclaimable)
        #expect(last.items(.free).count == first.items(.quarantine).count + first.items(.note).count)
    }

    @Test func theStatusReadsNoManifestAndWritesNothing() async throws {
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

    @Test func obstaclesAreNamed() async throws {
        _ = try await blob(pattern(3000))
        let path = try paths.quarantine.appending("undated")
        let loose = BlobIdentifier.random()
        try await store.set(
            StorageReader.directory(path), [.setOmap([Holding.key(Holding.orphan(loose)): loose.value])])
        try await fixture.driver.writer.linkUp([path])
        try await store.set(Journal.object, [.setOmap(["000000000000001-x": Array("nonsense".utf8)])])
        let status = try await status()
        #expect(status.items.map(\.kind) == [.chunks] && status.items.first?.since == nil)
        #expect(status.obstacles.contains { $0.contains("undated") })
        #expect(status.obstacles.contains { $0.contains("000000000000001-x") })
        #expect(status.nextFreeAfter == nil)
    }
}
