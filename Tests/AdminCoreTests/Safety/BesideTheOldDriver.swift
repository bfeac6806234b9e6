import Foundation
import Testing

@testable import AdminCore

/// One operation of the old driver beside one of ours.
@Suite struct BesideTheOldDriver {
    /// Every order there is.
    @Test(arguments: Encounter.all)
    func nothingOfTheirsIsLost(_ encounter: Encounter) async throws {
        let tree = try await Encounter.planted()
        let store = try StoreUnderTest.quick()
        var orders = Interleavings()
        var deferred = Encounter.Deferred()
        repeat {
            try await tree.restore(into: store)
            guard let failures = await encounter.meet(on: store, in: &orders) else { continue }
            try await encounter.check(failures, in: store, &deferred)
        } while orders.advance()
        print(
            "\nbeside the old driver: \(encounter.testDescription): \(orders.executed) interleavings\(deferred)"
        )
    }

    #if RADOS
    /// Random orders on a real cluster: what the two stores may not have in common. A seed repeats
    /// the orders.
    @Test func norInRandomOrdersOnACluster() async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        try await onACluster("random orders, REGTOP_TEST_SEED=\(seed)", rounds: 6) { encounter, store, round in
            var orders = RandomOrder(seed: "\(seed).\(round)")
            return try #require(await encounter.meet(on: store, in: &orders))
        }
    }

    /// As fast as both can, in whatever order the cluster gets it.
    @Test func norInARaceOnACluster() async throws {
        try await onACluster("races", rounds: 5) { encounter, store, _ in await encounter.race(on: store) }
    }

    /// So many rounds with every pair, ten times as many in the long variant.
    private func onACluster(
        _ what: String, rounds: Int,
        _ meet: @Sendable (Encounter, StoreUnderTest, Int) async throws -> Encounter.Failures
    ) async throws {
        let rounds = Encounter.all.count * rounds * (LongVariants.areOn ? 10 : 1)
        let tree = try await Encounter.planted()
        let deferred = try await StoreUnderTest.with(.rados) { store in
            var deferred = Encounter.Deferred()
            for round in 0..<rounds {
                let encounter = Encounter.all[round % Encounter.all.count]
                try await tree.restore(into: store)
                let failures = try await meet(encounter, store, round)
                try await encounter.check(failures, in: store, &deferred, "(round \(round) of \(what))")
            }
            return deferred
        }
        print("\nbeside the old driver, on a cluster: \(rounds) rounds of \(what)\(deferred)")
    }
    #endif
}
