import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// A registry finishes an upload while the upload moves or comes back. Only the blob may keep the
/// identifier, because the registry's own purge of uploads would delete the upload with its chunks
/// (docs/layout.md#d6).
@Suite struct UploadYieldTests {
    private let clock = TestClock()
    private let fixture: ChangeFixture

    init() throws {
        fixture = ChangeFixture(try StoreUnderTest.inMemory(), policy: clock.policy(delay: 100))
    }

    private func upload(of name: String) throws -> StoragePath {
        try fixture.registry.paths.uploads(fixture.name(name)).appending("u1").appending("data")
    }

    /// Finishes the MOVE of a registry that read the identifier before.
    private func finish(_ blob: BlobIdentifier, _ content: [UInt8]) async throws -> StoragePath {
        let path = fixture.registry.paths.blob(.sha256(of: content))
        _ = try await fixture.driver.writer.publish([(path, blob)])
        try await fixture.driver.writer.linkUp([path.parent])
        return path
    }

    @Test(arguments: [false, true])
    func aMovedUploadYieldsToItsBlob(_ isFinished: Bool) async throws {
        try await fixture.push("a", tags: ["1"], layer: pattern(100))
        try await fixture.driver.putContent(upload(of: "a"), pattern(300, seed: 7))
        let blob = try await fixture.driver.reader.blob(upload(of: "a"))
        #expect(try await fixture.move("a", to: "b").map(\.outcome) == [.done])
        let path = isFinished ? try await finish(blob, pattern(300, seed: 7)) : try upload(of: "b")
        clock.advance(by: 101)
        _ = try await fixture.driver.recover()
        #expect(try await fixture.driver.reader.blob(path) == blob)
        #expect(try await fixture.driver.reader.content(path) == pattern(300, seed: 7))
        let entry = try await fixture.driver.reader.entry(upload(of: "b"))
        #expect((entry == nil) == isFinished)
    }

    @Test func anUploadThatBecameABlobStaysInTheTrash() async throws {
        try await fixture.push("a", tags: ["1"], layer: pattern(100))
        try await fixture.driver.putContent(upload(of: "a"), pattern(300, seed: 7))
        let blob = try await fixture.driver.reader.blob(upload(of: "a"))
        let id = try #require(try await fixture.trash("a").first?.trash)
        let path = try await finish(blob, pattern(300, seed: 7))
        let results = try await fixture.restore([id.string])
        #expect(
            results.map(\.outcome) == [.done] && results[0].notes.contains { $0.contains("finished these uploads") })
        #expect(try await fixture.tags("a") == ["1"])
        #expect(try await fixture.driver.reader.entry(upload(of: "a")) == nil)
        #expect(try await fixture.driver.reader.blob(path) == blob)
        clock.advance(by: 101)
        _ = try await fixture.driver.recover()
        #expect(try await fixture.empty().allSatisfy { $0.outcome == .done })
        #expect(try await fixture.driver.reader.content(path) == pattern(300, seed: 7), "only the reference went")
    }
}
