import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Chunks behind the end of a needed blob (docs/layout.md#d4): one run notes them, a later run
/// removes them. Other files keep their chunks.
@Suite struct SurplusTests: CollectionSuite {
    let world: CollectionWorld
    private let content = pattern(3000)

    init() throws { world = try CollectionWorld() }

    /// Pushes an image whose layer has two chunks behind its end, with a gap before the second one.
    private func planted() async throws -> (path: StoragePath, blob: BlobIdentifier) {
        try await fixture.push("app", tags: ["1"], layer: content)
        let path = paths.blob(.sha256(of: content))
        let blob = try await fixture.driver.reader.blob(path)
        for index in [1, 4] { try await store.set(blob.chunk(index), [.write(pattern(500), at: 0)]) }
        return (path, blob)
    }

    private func surplus(of blob: BlobIdentifier) async throws -> [Int] {
        try await store.objects().compactMap { BlobIdentifier.parse(chunkName: $0.name) }
            .filter { $0.blob == blob && $0.index > 0 }.map(\.index).sorted()
    }

    private var notes: [BlobIdentifier: SurplusNotes.Note] {
        get async throws { try await SurplusNotes.read(fixture.driver.reader) }
    }

    @Test func surplusIsNotedThenRemoved() async throws {
        let (path, blob) = try await planted()
        let first = try await run()
        #expect(first.items(.watch).map(\.origin) == [path] && first.items(.watch).map(\.bytes) == [1000])
        #expect(first.nextFreeAfter == clock.now.addingTimeInterval(Self.day))
        #expect(try await surplus(of: blob) == [1, 4])
        let status = try await ChangePlanner(registry: fixture.registry, policy: clock.policy(delay: 0)).quarantine()
        #expect(status.items.map(\.kind) == [.surplus] && status.bytes == 1000)
        clock.advance(by: Self.day - 60)
        let early = try await run()
        #expect(early.parts.isEmpty && early.nextFreeAfter == clock.now.addingTimeInterval(60))
        clock.advance(by: 60)
        let last = try await run()
        #expect(last.items(.trim).map(\.blob) == [blob] && last.impact.bytes == 1000)
        #expect(try await surplus(of: blob).isEmpty)
        #expect(try await fixture.driver.reader.content(path) == content)
        #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok])
        #expect(try await store.reader.read(.stat, of: SurplusNotes.object) == nil, "no note stays")
        #expect(try await run().parts.isEmpty)
    }

    @Test func offlineOneRunRemovesSurplus() async throws {
        let (path, blob) = try await planted()
        let plan = try await run(CollectionOptions(grace: 0, caches: .offline))
        #expect(plan.impact.bytes == 1000)
        #expect(try await surplus(of: blob).isEmpty)
        #expect(try await fixture.driver.reader.content(path) == content)
    }

    @Test func surplusStaysWhileTheCacheStateIsUnknown() async throws {
        let (_, blob) = try await planted()
        let mute = CollectionOptions()
        try await run(mute)
        clock.advance(by: 2 * Self.day)
        #expect(try await run(mute).parts.isEmpty)
        #expect(try await surplus(of: blob) == [1, 4])
    }

    /// A writer that dies while it overwrites a file leaves a size that is too small: the chunks
    /// behind that size are content.
    @Test func chunksThatTheDigestNeedsStay() async throws {
        let (path, blob) = try await planted()
        try await store.set(
            blob.chunk(0), [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(1000)), .truncate(1000)])
        try await run()
        clock.advance(by: Self.day)
        let plan = try await plan()
        #expect(plan.items(.trim).map(\.origin) == [path])
        #expect(await fixture.admin.apply(plan).flatMap(\.notes).contains { $0.contains("see fsck") })
        #expect(try await surplus(of: blob) == [1, 4])
        #expect(try await notes.isEmpty, "it is noted anew, and not read again every night")
    }

    @Test func youngSurplusStays() async throws {
        let (_, blob) = try await planted()
        try await store.set(blob.chunk(1), [.write([1], at: 0)], modified: clock.now)
        #expect(try await run().parts.isEmpty, "one of its chunks has just been written")
        clock.advance(by: Self.day + 1)
        #expect(try await run().items(.watch).map(\.blob) == [blob])
        clock.advance(by: Self.day)
        try await store.set(blob.chunk(0), [.write([content[0]], at: 0)], modified: clock.now)
        #expect(try await run().items(.trim).allSatisfy { $0.bytes == 0 }, "only the note goes")
        #expect(try await surplus(of: blob) == [1, 4])
    }

    /// An upload's chunks exist before its size includes them.
    @Test func uploadsInProgressKeepTheirChunks() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        let data = try paths.uploads(fixture.name("app")).appending("u").appending("data")
        try await fixture.driver.putContent(data, content)
        let blob = try await fixture.driver.reader.blob(data)
        for index in [1, 2] { try await store.set(blob.chunk(index), [.write(pattern(500), at: 0)]) }
        for _ in 0..<3 {
            #expect(try await run().parts.isEmpty)
            clock.advance(by: 2 * Self.day)
        }
        try await run(CollectionOptions(grace: 0, caches: .offline))
        #expect(try await surplus(of: blob) == [1, 2])
    }

    /// A blob and an upload, which may go on, have one identifier: even chunks that were noted
    /// before stay.
    @Test func surplusOfABlobWithASecondReferenceStays() async throws {
        let (path, blob) = try await planted()
        try await run()
        clock.advance(by: Self.day)
        let plan = try await plan()
        #expect(plan.items(.trim).map(\.origin) == [path])
        let upload = try paths.uploads(fixture.name("app")).appending("u")
        try await store.set(StorageReader.directory(upload), [.setOmap(["data": blob.value])])
        _ = await fixture.admin.apply(plan)
        #expect(try await surplus(of: blob) == [1, 4])
        let next = try await self.plan()
        #expect(next.items(.watch).isEmpty && next.items(.trim).isEmpty && next.items(.mend).count == 1)
    }

    @Test func surplusOfLinksStays() async throws {
        try await fixture.push("app", tags: ["1"], layer: content)
        let link = try #require(paths.currentLink(fixture.name("app"), tag: "1"))
        let blob = try await fixture.driver.reader.blob(link)
        try await store.set(blob.chunk(1), [.write([1], at: 0)])
        #expect(try await run(CollectionOptions(grace: 0, caches: .offline)).parts.isEmpty)
        #expect(try await surplus(of: blob) == [1])
    }

    @Test func anUnneededBlobGoesWithAllItsChunks() async throws {
        let (_, blob) = try await planted()
        #expect(try await fixture.remove("app").results.map(\.outcome) == [.done])
        try await run()
        clock.advance(by: Self.day)
        try await run()
        #expect(try await surplus(of: blob).isEmpty)
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
    }
}
