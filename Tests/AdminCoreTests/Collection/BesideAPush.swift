import Foundation
import Testing

@testable import AdminCore

/// A collection beside a push to a registry: the collection frees nothing that a completed tag
/// needs.
@Suite struct BesideAPush {
    /// Plays every order of each encounter; the short variant plays a limited number of them.
    @Test(arguments: CollectionEncounter.all)
    func everyCompletedTagIsComplete(_ encounter: CollectionEncounter) async throws {
        let tree = try await encounter.planted()
        let store = try StoreUnderTest.quick()
        var orders = Interleavings()
        var completed = 0
        let most = LongVariants.areOn ? Int.max : 50
        var isWhole = false
        repeat {
            try await tree.restore(into: store)
            if try await encounter.play(on: store, in: &orders) == true {
                completed += 1
                await encounter.expectWhole(store)
            }
            isWhole = !orders.advance()
        } while !isWhole && orders.executed < most
        print(
            "\n\(encounter.testDescription): \(orders.executed) interleavings\(isWhole ? "" : ", not all"), \(completed) completed tags"
        )
        #expect(completed > 0)
    }

    /// Random orders also reach orders that the limited search leaves out.
    @Test(arguments: CollectionEncounter.all)
    func everyCompletedTagIsCompleteInRandomOrders(_ encounter: CollectionEncounter) async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let tree = try await encounter.planted()
        let store = try StoreUnderTest.quick()
        let rounds = LongVariants.areOn ? 5000 : 60
        var completed = 0
        for round in 0..<rounds {
            try await tree.restore(into: store)
            var orders = RandomOrder(seed: "\(seed).\(round)")
            guard let isCompleted = try await encounter.play(on: store, in: &orders) else { continue }
            try await encounter.expectTidy(store)
            guard isCompleted else { continue }
            completed += 1
            await encounter.expectWhole(store)
        }
        print(
            "\n\(encounter.testDescription): \(rounds) random orders, \(completed) completed; REGTOP_TEST_SEED=\(seed)")
    }
}
