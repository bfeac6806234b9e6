import Foundation
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// A collection beside another regtop that moves references: both read and write in turns, in every
/// order up to a limit, and in random orders.
@Suite struct BesideARegtop {
    /// The action of the other regtop.
    enum Other: String, Sendable, CaseIterable {
        /// Restores the image from the trash.
        case restore
        /// Moves the image to the trash.
        case remove
        /// Collects, too.
        case collect
    }

    private static let layer = pattern(1500, seed: 7)
    private static let delay = CollectionEncounter.delay

    private func fixture(_ store: StoreUnderTest, _ clock: TestClock) -> ChangeFixture {
        ChangeFixture(store, policy: clock.policy(delay: Self.delay))
    }

    /// A pool with an image (in the trash if it is to be restored), a due blob in the quarantine,
    /// and another blob that nothing needs.
    private func planted(_ other: Other, _ clock: TestClock) async throws -> StoreCopy {
        let store = try StoreUnderTest.quick()
        let fixture = fixture(store, clock)
        try await fixture.push("app", tags: ["1"], layer: Self.layer)
        for seed in [1, 2] {
            let content = pattern(600, seed: UInt64(seed))
            try await fixture.driver.putContent(fixture.registry.paths.blob(.sha256(of: content)), content)
            if seed == 1 { try await CollectionEncounter.collect(store.reader, store.writer, clock) }
        }
        if other == .restore { #expect(try await fixture.trash("app").map(\.outcome) == [.done]) }
        clock.advance(by: Self.delay + 1)
        _ = try await fixture.admin.recover()
        return try await StoreCopy(of: store)
    }

    private func act(_ other: Other, _ store: TurnStore, _ clock: TestClock) async {
        let fixture = fixture(StoreUnderTest(.sqliteMemory, reader: store, writer: store), clock)
        switch other {
        case .restore:
            guard let ids = try? await TrashReader(registry: fixture.registry).ids() else { return }
            _ = try? await fixture.restore(ids)
        case .remove: _ = try? await fixture.trash("app")
        case .collect: _ = try? await CollectionEncounter.collect(store, store, clock)
        }
    }

    /// Plays one order. Returns false if it was given up.
    private func play(
        _ other: Other, on store: StoreUnderTest, _ clock: TestClock, in orders: inout some TurnOrder
    ) async throws -> Bool {
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in _ = try? await CollectionEncounter.collect(mine, mine, clock) },
                { theirs in await act(other, theirs, clock) },
            ])
        guard isWhole else { return false }
        // A blob whose reference moved during the mark is not quarantined.
        let fixture = fixture(store, clock)
        let content = try? await fixture.driver.reader.content(fixture.registry.paths.blob(.sha256(of: Self.layer)))
        #expect(content == Self.layer, "beside \(other)")
        for _ in 0..<2 {
            clock.advance(by: Self.delay + 1)
            try await CollectionEncounter.collect(store.reader, store.writer, clock)
        }
        if other == .remove {
            let ids = try await TrashReader(registry: fixture.registry).ids()
            if !ids.isEmpty { #expect(try await fixture.restore(ids).map(\.outcome) == [.done]) }
        } else if other == .restore, try await fixture.names().isEmpty {
            let ids = try await TrashReader(registry: fixture.registry).ids()
            #expect(try await fixture.restore(ids).map(\.outcome) == [.done])
        }
        let states = try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state)
        #expect(states == [.ok], "beside \(other)")
        let census = try await PoolCensus(fixture.driver.reader)
        #expect(census.dangling.isEmpty && census.unreferenced.isEmpty, "beside \(other)")
        return true
    }

    @Test(arguments: Other.allCases)
    func nothingNeededIsTaken(_ other: Other) async throws {
        let start = TestClock()
        let tree = try await planted(other, start)
        let store = try StoreUnderTest.quick()
        let most = LongVariants.areOn ? 20_000 : 40
        var orders = Interleavings()
        var isWhole = false
        repeat {
            try await tree.restore(into: store)
            _ = try await play(other, on: store, TestClock(at: start.now), in: &orders)
            isWhole = !orders.advance()
        } while !isWhole && orders.executed < most
        print("\na collection beside \(other): \(orders.executed) interleavings\(isWhole ? "" : ", not all")")
    }

    @Test(arguments: Other.allCases)
    func nothingNeededIsTakenInRandomOrders(_ other: Other) async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let start = TestClock()
        let tree = try await planted(other, start)
        let store = try StoreUnderTest.quick()
        let rounds = LongVariants.areOn ? 3000 : 30
        for round in 0..<rounds {
            try await tree.restore(into: store)
            var orders = RandomOrder(seed: "\(seed).\(round)")
            _ = try await play(other, on: store, TestClock(at: start.now), in: &orders)
        }
        print("\na collection beside \(other): \(rounds) random orders; REGTOP_TEST_SEED=\(seed)")
    }
}
