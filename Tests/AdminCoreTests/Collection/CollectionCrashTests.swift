import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A collection is cut before and after its operations, or runs beside another collection.
@Suite struct CollectionCrashTests {
    private static let day: TimeInterval = 86_400
    private static let options = CollectionOptions(maxShare: 100, caches: .flushed)

    /// A pool at the moment of a run that has work of every kind, and the blobs that must be
    /// complete afterwards.
    private struct Stage: Sendable {
        let tree: StoreCopy
        let moment: Date
        let needed: [StoragePath]

        /// Restores the same pool into a store.
        func fixture(in store: StoreUnderTest, _ clock: TestClock) async throws -> ChangeFixture {
            try await tree.restore(into: store)
            return ChangeFixture(store, policy: clock.policy(delay: 0))
        }
    }

    /// A needed image with a noted chunk behind its end; two blobs in the quarantine, of which one
    /// is needed again and one is due; a blob to be quarantined; a chunk that nothing refers to.
    private func staged() async throws -> Stage {
        let clock = TestClock()
        let fixture = ChangeFixture(try StoreUnderTest.quick(), policy: clock.policy(delay: 0))
        let paths = fixture.registry.paths
        for seed in 1...2 {
            let content = pattern(3000, seed: UInt64(seed))
            try await fixture.driver.putContent(paths.blob(.sha256(of: content)), content)
        }
        let name = try fixture.name("app")
        let layer = pattern(2000, seed: 3)
        try await fixture.push("app", tags: ["1"], layer: layer)
        let blob = try await fixture.driver.reader.blob(paths.blob(.sha256(of: layer)))
        try await fixture.store.set(blob.chunk(1), [.write([1], at: 0)])
        try await collect(fixture)
        let again = pattern(3000, seed: 1)
        // A client that was told before that the layer exists links it again.
        var late = fixture.driver
        late.writer.modified = clock.now.addingTimeInterval(100 * Self.day)
        try await late.putContent(
            paths.layerLink(name, .sha256(of: again)), Array(Digest.sha256(of: again).string.utf8))
        let loose = pattern(1000, seed: 4)
        try await fixture.driver.putContent(paths.blob(.sha256(of: loose)), loose)
        try await fixture.store.set(BlobIdentifier.random().chunk(0), [.write([1], at: 0)])
        clock.advance(by: Self.day + 1)
        return Stage(
            tree: try await StoreCopy(of: fixture.store), moment: clock.now,
            needed: [paths.blob(.sha256(of: again)), paths.blob(.sha256(of: layer))])
    }

    private func collect(_ fixture: ChangeFixture) async throws {
        _ = try await fixture.admin.recover()
        _ = await fixture.admin.apply(try await fixture.admin.collection(Self.options))
    }

    private func expectWhole(_ fixture: ChangeFixture, _ needed: [StoragePath], _ what: String) async throws {
        for path in needed {
            let content = try? await fixture.driver.reader.content(path)
            #expect(content.map { fixture.registry.paths.blob(.sha256(of: $0)) } == path, "\(what): \(path)")
        }
        #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok], "\(what)")
        let census = try await PoolCensus(fixture.driver.reader)
        #expect(census.dangling.isEmpty, "\(what): \(census.dangling)")
        #expect(census.unreferenced.isEmpty, "\(what): \(census.unreferenced)")
        #expect(census.unlisted.isEmpty, "\(what): \(census.unlisted)")
        let hollow = census.hollow(blobsOf: fixture.registry.paths)
        #expect(hollow.isEmpty, "\(what): \(hollow)")
        #expect(try await fixture.store.reader.read(.stat, of: Journal.object) == nil, "\(what): the journal stays")
        #expect(try await fixture.store.reader.read(.stat, of: SurplusNotes.object) == nil, "\(what): a note stays")
        for path in needed {
            let blob = try await fixture.driver.reader.blob(path)
            #expect(try await fixture.store.reader.read(.stat, of: blob.chunk(1)) == nil, "\(what): surplus stays")
        }
    }

    /// Cuts only before and after each write: a cut after a read leaves the same pool.
    @Test(arguments: [false, true])
    func theNextRunCompletesARunThatIsCutAnywhere(_ executed: Bool) async throws {
        let stage = try await staged()
        let store = try StoreUnderTest.quick()
        var number = 1
        while true {
            let clock = TestClock(at: stage.moment)
            let fixture = try await stage.fixture(in: store, clock)
            let recording = RecordingStore(store)
            recording.inject { [number] step in
                guard step.operation.isWrite, step.write >= number else { return nil }
                return step.write == number && executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
            }
            try? await collect(ChangeFixture(recording.underTest, policy: clock.policy(delay: 0)))
            let wasCut = recording.writeCount >= number
            for _ in 0..<3 {
                try await collect(fixture)
                clock.advance(by: Self.day + 1)
            }
            try await expectWhole(
                fixture, stage.needed, "cut \(executed ? "after" : "before") write \(number)")
            guard wasCut else { break }
            number += 1
        }
        print("\ncollection: cut \(executed ? "after" : "before") each of \(number - 1) writes")
        #expect(number > 20)
    }

    /// A look is cut before and after each of its writes. The next look restores all that a push
    /// needs, even if another process makes it.
    @Test(arguments: [false, true])
    func theNextLookCompletesALookThatIsCutAnywhere(_ executed: Bool) async throws {
        let clock = TestClock()
        let first = ChangeFixture(try StoreUnderTest.quick(), policy: clock.policy(delay: 0))
        let paths = first.registry.paths
        let digest = try await first.push("gone", tags: ["1"], layer: pattern(3000, seed: 1))
        try await first.driver.delete(paths.repository(first.name("gone")))
        try await collect(first)
        let name = try first.name("app")
        let held = try await first.driver.reader.holdings(in: paths.quarantine).flatMap(\.entries).compactMap {
            paths.file(at: $0.origin)?.digest
        }
        #expect(held.count == 3)
        for blob in held where blob != digest {
            try await first.driver.putContent(paths.layerLink(name, blob), Array(blob.string.utf8))
        }
        try await first.driver.putContent(
            paths.revision(name, digest).appending(.literal("link")), Array(digest.string.utf8))
        try await first.setTag("1", of: name, to: digest)
        let tree = try await StoreCopy(of: first.store)
        let store = try StoreUnderTest.quick()
        var number = 1
        while true {
            try await tree.restore(into: store)
            let recording = RecordingStore(store)
            recording.inject { [number] step in
                guard step.operation.isWrite, step.write >= number else { return nil }
                return step.write == number && executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
            }
            let look = RestoringLook()
            let watched = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
            _ = try? await watched.admin.restoreNeeded(look)
            let wasCut = recording.writeCount >= number
            let fixture = ChangeFixture(store, policy: clock.policy(delay: 0))
            let what = "cut \(executed ? "after" : "before") write \(number)"
            _ = try await fixture.admin.settleJournal()
            let results = try await fixture.admin.restoreNeeded(number % 2 == 0 ? look : RestoringLook()).results
            #expect(results.allSatisfy { $0.outcome == .done }, "\(what): \(results)")
            #expect(try await fixture.registry.pass().tags(of: name).map(\.state) == [.ok], "\(what)")
            let census = try await PoolCensus(fixture.driver.reader)
            #expect(census.dangling.isEmpty && census.unreferenced.isEmpty && census.unlisted.isEmpty, "\(what)")
            #expect(census.twice.isEmpty, "\(what): \(census.twice)")
            let left = try await fixture.driver.reader.holdings(in: paths.quarantine).flatMap(\.entries)
            #expect(left.allSatisfy { $0.claim == nil && $0.origin.isBelow(Holding.orphans) }, "\(what): \(left)")
            #expect(try await store.reader.read(.stat, of: Journal.object) == nil, "\(what): the journal stays")
            guard wasCut else { break }
            number += 1
        }
        print("\na look: cut \(executed ? "after" : "before") each of \(number - 1) writes")
        #expect(number > 6)
    }

    @Test func twoConcurrentCollectionsAreSafe() async throws {
        let stage = try await staged()
        let store = try StoreUnderTest.quick()
        for _ in 0..<20 {
            let clock = TestClock(at: stage.moment)
            let fixture = try await stage.fixture(in: store, clock)
            async let first: Void? = try? collect(fixture)
            async let second: Void? = try? collect(fixture)
            _ = await (first, second)
            // An orphan that both collections have noted is freed by neither; the next run notes it
            // again. Later, `recover` looks again at the emptied directory.
            for _ in 0..<5 {
                try await collect(fixture)
                clock.advance(by: Self.day + 1)
            }
            try await expectWhole(fixture, stage.needed, "two collectors")
        }
    }
}
