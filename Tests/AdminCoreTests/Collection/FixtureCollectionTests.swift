import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A collection of the whole pool that registry v2.3.1 wrote.
@Suite struct FixtureCollectionTests {
    /// The freed chunks: the blobs of `stale/old-service`, whose only manifest was deleted.
    private static let freed: Set<String> = [
        "blob:0879fef7-945e-4f56-8bac-a1b938b44807-0", "blob:2dd7d3be-d1cb-48c8-8479-65ea9156221f-0",
        "blob:491d7769-d5c4-4b6b-a2c0-0fecab199289-0", "blob:5882a08a-4c93-4567-8eee-9d508435e193-0",
    ]

    @Test func aCollectionFreesExactlyTheUnneededBlobs() async throws {
        let store = try StoreUnderTest.inMemory()
        try await MemoryPool.fixture().copy(to: store.writer)
        let fixture = ChangeFixture(store)
        let before = Set(try await store.objects().map(\.description))
        let contents = try await contents(fixture)
        let rows = try await fixture.registry.pass().summaries(of: fixture.registry.repositoryNames())
        let plan = try await fixture.admin.collection(CollectionOptions(grace: 0, caches: .offline))
        #expect(plan.obstacles.isEmpty, "\(plan.obstacles)")
        #expect(plan.impact.objects == Self.freed.count)
        #expect(await fixture.admin.apply(plan).allSatisfy { $0.outcome == .done })
        let after = Set(try await store.objects(.namespace("")).map(\.description))
        let gone = before.subtracting(after)
        #expect(Set(gone.filter { $0.hasPrefix("blob:") }) == Self.freed)
        // Each image can be pulled as before: each row is the same, and so is every byte of every
        // remaining blob.
        #expect(try await fixture.registry.pass().summaries(of: fixture.registry.repositoryNames()) == rows)
        let left = try await self.contents(fixture)
        for (path, content) in left { #expect(contents[path] == content, "\(path)") }
        #expect(contents.count - left.count == Self.freed.count)
        // Each freed blob's directory is removed, and so is its parent if it is empty.
        let lost = Set(contents.keys).subtracting(left.keys).map(\.parent)
        let above = Set(lost.map(\.parent)).filter { directory in !left.keys.contains { $0.isBelow(directory) } }
        #expect(gone.subtracting(Self.freed) == Set((lost + above).map(\.string)))
        #expect(try await PoolCensus(fixture.driver.reader).unlisted.isEmpty)
    }

    private func contents(_ fixture: ChangeFixture) async throws -> [StoragePath: [UInt8]] {
        var contents: [StoragePath: [UInt8]] = [:]
        for entry in try await fixture.driver.reader.walk(fixture.registry.paths.root.appending(.literal("blobs"))) {
            guard case .file = entry.entry.kind, let path = entry.path else { continue }
            contents[path] = (try? await fixture.driver.reader.content(path)) ?? []
        }
        return contents
    }
}
