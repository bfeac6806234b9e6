import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Removes all objects of a pool and fills it anew. regtop's own objects survive in a namespace of
/// their own, and describe content that is gone. They are dropped, and nothing new is touched.
@Suite(.serialized) struct WipedPoolTests {
    private let clock = TestClock()
    private let place: StoragePath

    init() throws { place = try path("/docker/registry/v2/repositories/app/_layers/sha256/00") }

    private func fixture(_ store: StoreUnderTest) -> ChangeFixture {
        ChangeFixture(store, policy: clock.policy(delay: 100))
    }

    /// Fills a registry and its journal: one change waits for another look, and three were
    /// interrupted. Returns the identifiers of the interrupted move.
    private func planted(_ store: StoreUnderTest) async throws -> [BlobIdentifier] {
        let fixture = fixture(store)
        for name in ["app", "old"] { try await fixture.push(name, tags: ["1"], layer: pattern(300)) }
        #expect(try await fixture.trash("old").map(\.outcome) == [.done])
        let moves = try await fixture.driver.reader.walk(fixture.registry.paths.repositories).compactMap(\.file).map {
            FileMove(
                blob: $0.blob, source: $0.path, destination: try path("/docker/x/y/z").appending($0.path))
        }
        let trash = fixture.registry.paths.trash.appending(.literal("20260101-000000-abcd"))
        for body: Intent.Body in [
            .move([moves], floor: fixture.registry.paths.repositories, keepsDirectories: false), .claims(trash),
            .directories([place], floor: .root),
        ] {
            let open = try await fixture.driver.journal.begin(body, "\(body.kind)")
            if body.kind == .move { #expect(try await open.advance(to: .leaving)) }
            await open.release()
        }
        return moves.map(\.blob)
    }

    private func wipe(_ store: StoreUnderTest, except kept: BlobIdentifier? = nil) async throws {
        for object in try await store.objects(.namespace("")) where kept.map({ object != $0.chunk(0) }) ?? true {
            try await store.set(object, [.remove])
        }
    }

    /// Fills the pool with the same repository again, with an empty directory and an unlisted one:
    /// the old changes would remove the first and list the second.
    private func refill(_ store: StoreUnderTest) async throws {
        let fixture = fixture(store)
        try await fixture.push("app", tags: ["1"], layer: pattern(300))
        try await store.set(StorageReader.directory(place), [.create])
        try await store.set(StorageReader.directory(place.parent), [.setOmap([ByteString(place.name): []])])
        let tags = try fixture.registry.paths.tags(fixture.name("app"))
        try await store.set(StorageReader.directory(tags.parent), [.removeOmap([ByteString(tags.name)])])
    }

    @Test(arguments: StoreKind.allCases)
    func intentsOfAWipedRegistryAreDropped(_ kind: StoreKind) async throws {
        try await StoreUnderTest.with(kind) { store in
            _ = try await planted(store)
            try await wipe(store)
            let empty = try await fixture(store).driver.reader.pendingChanges(policy: clock.policy(delay: 100))
            #expect(empty.allSatisfy { $0.state == .gone }, "emptied: \(empty)")
            try await refill(store)
            let before = try await Snapshot(store.reader)
            let pending = try await fixture(store).driver.reader.pendingChanges(policy: clock.policy(delay: 100))
            #expect(pending.count >= 4 && pending.allSatisfy { $0.state == .gone }, "\(pending)")
            let sentences = try await fixture(store).admin.settleJournal()
            #expect(sentences.count == pending.count && sentences.allSatisfy { $0.contains("is gone") }, "\(sentences)")
            let changed = try await Snapshot(store.reader).differences(to: before)
            #expect(changed == [Journal.object.description], "\(changed)")
            #expect(try await store.reader.read(.stat, of: Journal.object) == nil)
        }
    }

    @Test func noIntentOfAnExistingRegistryIsDropped() async throws {
        let store = try StoreUnderTest.inMemory()
        _ = try await planted(store)
        // A pull-through cache has another file in the root.
        try await fixture(store).driver.putContent(path("/scheduler-state.json"), [1])
        let recoveries = try await fixture(store).driver.recover()
        #expect(recoveries.count >= 4 && !recoveries.contains { $0.outcome == .dropped }, "\(recoveries)")
    }

    /// One chunk of a moved file is still there.
    @Test func anIntentWhoseContentExistsIsNotDropped() async throws {
        let store = try StoreUnderTest.inMemory()
        let blobs = try await planted(store)
        try await wipe(store, except: blobs[blobs.count / 2])
        try await refill(store)
        let recoveries = try await fixture(store).driver.recover()
        let moved = try #require(recoveries.first { $0.change.what == "move" })
        #expect(moved.outcome == .undone, "\(moved)")
        #expect(recoveries.count { $0.outcome == .dropped } == recoveries.count - 1, "\(recoveries)")
    }

    /// An intent of an older version has no footing. The dates tell whether the pool was emptied
    /// since.
    @Test func intentsWithoutAFootingAreJudgedByDates() async throws {
        for isYounger in [false, true] {
            let store = try StoreUnderTest.inMemory()
            try await fixture(store).push("app", tags: ["1"], layer: pattern(300))
            let open = try await fixture(store).driver.journal.begin(.directories([place], floor: .root), "older")
            await open.release()
            let entry = try #require(try await fixture(store).driver.journal.entries().first)
            var head = try #require(entry.intent?.head)
            head.footing = nil
            try await store.set(Journal.object, [.setOmap([ByteString(entry.id): try Intent.encode(head)])])
            let moment = clock.now.addingTimeInterval(isYounger ? 10 : -10)
            for object in [ObjectID("/"), ObjectID("/docker")] {
                try await store.set(object, [.setXattr(name: "touched", value: [1])], modified: moment)
            }
            let recoveries = try await fixture(store).driver.recover()
            #expect(recoveries.map(\.outcome) == [isYounger ? .dropped : .finished])
        }
    }

    @Test func notesAndLogEntriesOfAWipedRegistryAreRemoved() async throws {
        let store = try StoreUnderTest.inMemory()
        let fixture = fixture(store)
        try await fixture.push("app", tags: ["1"], layer: pattern(300))
        #expect(try await fixture.trash("app").map(\.outcome) == [.done])
        let gone = BlobIdentifier.random()
        let layer = fixture.registry.paths.blob(.sha256(of: pattern(300)))
        let item = CollectionPlan.Item(origin: layer, blob: gone, bytes: 1)
        try await SurplusNotes(driver: fixture.driver).write([item])
        try await wipe(store)
        clock.advance(by: 1000)
        var later = fixture.driver
        later.writer.modified = clock.now
        try await later.putContent(layer, pattern(300))
        let here = CollectionPlan.Item(origin: layer, blob: try await later.reader.blob(layer), bytes: 1)
        try await SurplusNotes(driver: later).write([here])
        clock.advance(by: 10)
        let sentences = try await fixture.admin.settleJournal()
        #expect(sentences.contains { $0.contains("notes of 1 blobs") }, "\(sentences)")
        #expect(try await SurplusNotes.read(later.reader).keys.map(\.self) == [here.blob])
        let log = AuditLogReader(storage: later.reader)
        var entries = try await log.latest(10, now: clock.now)
        #expect(entries.count == 1)
        let sentence = try await log.removeEarlier(from: &entries)
        #expect(entries.isEmpty && sentence?.contains("1 change of an earlier registry") == true)
    }
}
