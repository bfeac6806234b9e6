import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Several copies of one blob, and an upload in the trash.
@Suite struct QuarantineCopyTests: CollectionSuite {
    let world: CollectionWorld
    private let content = pattern(3000)

    init() throws { world = try CollectionWorld() }

    @Test func anUploadInTheTrashDoesNotBlockACollection() async throws {
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

    /// The newer copy may be sound while the older copy is not.
    @Test func theNewerOfTwoCopiesComesBack() async throws {
        let path = try await blob(content)
        try await run()
        clock.advance(by: 60)
        try await fixture.driver.putContent(path, content)
        let newer = try await fixture.driver.reader.blob(path)
        try await run(CollectionOptions(grace: 0, maxShare: 100))
        #expect(try await quarantined == 2)
        try await fixture.push("app", tags: ["1"], layer: content)
        try await store.set(
            StorageReader.directory(path.parent), [.removeOmap([ByteString(path.name)])])
        try await run(CollectionOptions(maxShare: 100))
        #expect(try await fixture.driver.reader.blob(path) == newer)
    }

    /// A registry's purge of a pair has deleted the chunks of the blob that replaced the
    /// quarantined copy.
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
        // The obstacle promises this: after the repair of the dangling reference, the copy comes
        // back.
        var options = FsckOptions()
        options.grace = 0
        let found = await Fsck(registry: fixture.registry, options: options).run().problems
            .filter { $0.kind == .danglingReference }
        let repairs = try await fixture.planner.repairs(ofAll: found, grace: 0)
        #expect(await fixture.admin.apply(repairs).map(\.outcome) == [.done])
        try await run()
        #expect(try await fixture.driver.reader.content(path) == content)
    }
}
