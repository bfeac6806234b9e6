import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// The world stops before, and after, operations of a collection; somebody else collects at the
/// same time.
@Suite struct CollectionCrashTests {
    private static let day: TimeInterval = 86_400
    private static let options = CollectionOptions(maxShare: 100, caches: .flushed)

    /// A pool at the moment of a run that has everything to do, and what has to be whole
    /// afterwards.
    private struct Stage: Sendable {
        let tree: StoreCopy
        let moment: Date
        let needed: [StoragePath]

        /// The same pool once more.
        func fixture(in store: StoreUnderTest, _ clock: TestClock) async throws -> ChangeFixture {
            try await tree.restore(into: store)
            return ChangeFixture(store, policy: clock.policy(delay: 0))
        }
    }

    /// An image that is needed, with a chunk behind its end that was noted; one blob in the
    /// quarantine that is needed again, one that is due, one that is to be taken; chunks that
    /// nothing refers to.
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
        // The layer of the first image is linked again by somebody who was told that it is there.
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

    /// Cut before every write, and after every one: what was read before makes no difference to the
    /// pool.
    @Test(arguments: [false, true])
    func stoppedAnywhereTheNextRunGoesOn(_ executed: Bool) async throws {
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

    /// A round of a process that watches, cut before every write and after every one: the next
    /// round brings back all that a push needs, also if somebody else makes it.
    @Test(arguments: [false, true])
    func aLookIsStoppedAnywhere(_ executed: Bool) async throws {
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

    @Test func twoCollectorsAtOnce() async throws {
        let stage = try await staged()
        let store = try StoreUnderTest.quick()
        for _ in 0..<20 {
            let clock = TestClock(at: stage.moment)
            let fixture = try await stage.fixture(in: store, clock)
            async let first: Void? = try? collect(fixture)
            async let second: Void? = try? collect(fixture)
            _ = await (first, second)
            // What both have noted neither frees: it is noted once more. Then the emptied directory
            // is looked at again.
            for _ in 0..<5 {
                try await collect(fixture)
                clock.advance(by: Self.day + 1)
            }
            try await expectWhole(fixture, stage.needed, "two collectors")
        }
    }
}
