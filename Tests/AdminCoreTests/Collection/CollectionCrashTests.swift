import Foundation
import Testing

@testable import AdminCore

/// The world stops before, and after, operations of a collection; somebody else collects at the same time.
@Suite struct CollectionCrashTests {
    private static let day: TimeInterval = 86_400
    private static let options = CollectionOptions(maxShare: 100, caches: .flushed)

    /// An image that is needed, one blob in the quarantine that is needed again, one that is due, one that is to be taken.
    private func staged(_ clock: TestClock) async throws -> (fixture: ChangeFixture, needed: [StoragePath]) {
        let fixture = ChangeFixture(try StoreUnderTest.inMemory(), policy: clock.policy(delay: 0))
        let paths = fixture.registry.paths
        for seed in 1...2 {
            let content = pattern(3000, seed: UInt64(seed))
            try await fixture.driver.putContent(paths.blob(.sha256(of: content)), content)
        }
        try await collect(fixture)
        let again = pattern(3000, seed: 1)
        let name = try fixture.name("app")
        try await fixture.push("app", tags: ["1"], layer: pattern(2000, seed: 3))
        // The layer of the first image is linked again by somebody who was told that it is there.
        var late = fixture.driver
        late.modified = clock.now.addingTimeInterval(100 * Self.day)
        try await late.putContent(
            paths.layerLink(name, .sha256(of: again)), Array(Digest.sha256(of: again).string.utf8))
        let loose = pattern(1000, seed: 4)
        try await fixture.driver.putContent(paths.blob(.sha256(of: loose)), loose)
        clock.advance(by: Self.day + 1)
        return (fixture, [paths.blob(.sha256(of: again)), paths.blob(.sha256(of: pattern(2000, seed: 3)))])
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
        #expect(try await fixture.store.reader.read(.stat, of: Journal.object) == nil, "\(what): the journal stays")
    }

    /// Cut before and after writes, every one in the long variant: what was read before makes no difference to the pool.
    @Test func stoppedAnywhereTheNextRunGoesOn() async throws {
        var cuts = 0
        for executed in [false, true] {
            var number = 1
            while true {
                let clock = TestClock()
                let (fixture, needed) = try await staged(clock)
                let recording = RecordingStore(fixture.store)
                recording.inject { [number] step in
                    guard step.operation.isWrite, step.write >= number else { return nil }
                    return step.write == number && executed
                        ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
                }
                let dying = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
                try? await collect(dying)
                let wasCut = recording.writeCount >= number
                let what = "cut \(executed ? "after" : "before") write \(number)"
                try await collect(fixture)
                clock.advance(by: Self.day + 1)
                try await collect(fixture)
                clock.advance(by: Self.day + 1)
                try await collect(fixture)
                try await expectWhole(fixture, needed, what)
                guard wasCut else { break }
                cuts += 1
                number += LongVariants.areOn ? 1 : 3
            }
        }
        print("\ncollection: \(cuts) cut points")
        #expect(cuts > 5)
    }

    @Test func twoCollectorsAtOnce() async throws {
        for _ in 0..<20 {
            let clock = TestClock()
            let (fixture, needed) = try await staged(clock)
            async let first: Void? = try? collect(fixture)
            async let second: Void? = try? collect(fixture)
            _ = await (first, second)
            for _ in 0..<3 {
                try await collect(fixture)
                clock.advance(by: Self.day + 1)
            }
            try await expectWhole(fixture, needed, "two collectors")
        }
    }
}
