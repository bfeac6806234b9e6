import Foundation
import Testing

@testable import AdminCore

/// Runs one operation of the old driver beside one of regtop's.
@Suite struct BesideTheOldDriver {
    @Test(arguments: Encounter.all)
    func noInterleavingLosesData(_ encounter: Encounter) async throws {
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
    /// Random orders on a real cluster, which may behave differently from the other store.
    /// `REGTOP_TEST_SEED` repeats the orders.
    @Test func noRandomOrderOnAClusterLosesData() async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        try await onACluster("random orders, REGTOP_TEST_SEED=\(seed)", rounds: 6) { encounter, store, round in
            var orders = RandomOrder(seed: "\(seed).\(round)")
            return try #require(await encounter.meet(on: store, in: &orders))
        }
    }

    /// Both sides run as fast as they can; the cluster decides the order.
    @Test func noRaceOnAClusterLosesData() async throws {
        try await onACluster("races", rounds: 5) { encounter, store, _ in await encounter.race(on: store) }
    }

    /// Runs `rounds` rounds with each encounter, ten times as many in the long variant.
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
