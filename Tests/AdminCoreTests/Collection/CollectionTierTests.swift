import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A cache tier is added to a pool between the plan of a collection and its execution: nothing is
/// freed. (`CacheTierTests` has real tiers.)
@Suite struct CollectionTierTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    @Test func nothingIsFreedAfterATierIsAdded() async throws {
        let pool = TieredReader(base: store.reader)
        let fixture = ChangeFixture(
            StoreUnderTest(.sqliteMemory, reader: pool, writer: store.writer), policy: clock.policy(delay: 0))
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        _ = try await blob(pattern(3000, seed: 9))
        let first = try await fixture.admin.collection(Self.free)
        #expect(await fixture.admin.apply(first).allSatisfy { $0.outcome == .done })
        clock.advance(by: Self.day + 1)
        let plan = try await fixture.admin.collection(Self.free)
        #expect(plan.items(.free).count == 1)
        let holding = try #require(try await fixture.driver.reader.holdings(in: paths.quarantine).first)
        let census = try await fixture.driver.prover.references(to: Set(holding.entries.map(\.blob)))
        let before = try await Snapshot(store.reader)

        pool.addTier()
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed] && results[0].kind == .incomplete, "\(results)")
        let error = await #expect(throws: StoreError.self) {
            _ = try await fixture.driver.holdings.free(holding.entries, of: holding, by: census)
        }
        #expect(error?.reason.contains("ceph osd tier remove") == true, "\(error as Any)")
        await #expect(throws: StoreError.self) { _ = try await fixture.admin.collection(Self.free) }
        #expect(try await Snapshot(store.reader).differences(to: before).isEmpty)
    }

    @Test(arguments: [CacheTiering.unknown, .tier(of: "base"), .base([.init(name: "a\u{1B}[m", mode: "writeback")])])
    func theTieringErrorHasNoControlCharacters(_ tiering: CacheTiering) throws {
        var status = StoreStatus(backend: .rados, name: "pool")
        try status.requireWholeListings()
        status.tiering = tiering
        let error = #expect(throws: StoreError.self) { try status.requireWholeListings() }
        #expect(error?.kind == .incomplete && error?.reason.contains("\u{1B}") == false)
    }

    /// A reader that says, after `addTier`, that the pool has a tier.
    private final class TieredReader: WrappingReader {
        let base: any ObjectReader
        private let hasTier = Mutex(false)

        init(base: any ObjectReader) { self.base = base }

        func addTier() { hasTier.withLock { $0 = true } }

        func status() async throws -> StoreStatus {
            var status = try await base.status()
            if hasTier.withLock(\.self) { status.tiering = .base([.init(name: "hot", mode: "writeback")]) }
            return status
        }
    }
}
