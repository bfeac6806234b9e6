import Foundation
import Testing

@testable import AdminCore

/// Several copies of one blob; and what lies in the trash and is no link.
@Suite struct QuarantineCopyTests: CollectionSuite {
    let fixture: ChangeFixture
    let clock = TestClock()
    let store: StoreUnderTest
    private let content = pattern(3000)

    init() throws {
        store = try StoreUnderTest.inMemory()
        fixture = ChangeFixture(store, policy: clock.policy(delay: 0))
    }

    @Test func anUploadInTheTrashIsInNobodysWay() async throws {
        try await fixture.push("app", tags: ["1"], layer: content)
        let upload = try paths.uploads(fixture.name("app")).appending("u").appending("data")
        try await fixture.driver.putContent(upload, pattern(5000, seed: 3))
        let lost = try paths.uploads(fixture.name("app")).appending("u").appending("lost")
        try await fixture.driver.putContent(lost, pattern(10, seed: 4))
        let chunk = try await fixture.driver.reader.blob(lost).chunk(0)
        #expect(try await fixture.trash("app").map(\.outcome) == [.done])
        try await store.set(chunk, [.remove])
        let plan = try await run()
        #expect(plan.obstacles.isEmpty, "\(plan.obstacles)")
        #expect(try await quarantined == 0, "the trash can come back")
    }

    /// The newer one may be sound where the older is not.
    @Test func ofTwoCopiesTheNewerComesBack() async throws {
        let path = try await blob(content)
        try await run()
        clock.advance(by: 60)
        try await fixture.driver.putContent(path, content)
        let newer = try await fixture.driver.reader.blob(path)
        try await run(CollectionOptions(grace: 0, maxShare: 100))
        #expect(try await quarantined == 2)
        let digest = try await fixture.push("app", tags: ["1"], layer: content)
        _ = digest
        try await store.set(
            StorageReader.directory(path.parent), [.removeOmap([ByteString(path.name)])])
        try await run(CollectionOptions(maxShare: 100))
        #expect(try await fixture.driver.reader.blob(path) == newer)
    }

    /// A registry's purge of a pair has killed what took the place of the quarantined copy.
    @Test func theOnlyCopyIsNotFreed() async throws {
        let path = try await blob(content)
        try await run()
        try await fixture.push("app", tags: ["1"], layer: content)
        let newer = try await fixture.driver.reader.blob(path)
        try await store.set(newer.chunk(0), [.remove])
        clock.advance(by: 2 * Self.day)
        let plan = try await plan()
        #expect(plan.items(.free).isEmpty)
        #expect(plan.obstacles.contains { $0.contains("another copy of it is in the quarantine") }, "\(plan.obstacles)")
        // Once the reference to nothing is out of the way, it comes back.
        try await store.set(StorageReader.directory(path.parent), [.removeOmap([ByteString(path.name)])])
        try await run()
        #expect(try await fixture.driver.reader.content(path) == content)
    }
}
