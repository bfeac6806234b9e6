import Foundation
import Synchronization
import Testing

@testable import AdminCore

/// Changes of whole repositories beside a registry that is being pushed to, with a descriptor cache and without: a push that was answered 201 can
/// be pulled after the restart, wherever its tag is by then (`SAFETY` §6).
@Suite struct ChangesBesideAPush {
    /// Orders that ended badly: how many, and one of them for each fault.
    private struct Tally {
        var orders = 0
        var answered = 0
        var bad = 0
        var faults: [String: (count: Int, example: String)] = [:]

        mutating func add(_ ending: ChangeEncounter.Ending?, _ order: String) {
            guard let ending else { return }
            orders += 1
            if ending.isAnswered { answered += 1 }
            if !ending.faults.isEmpty { bad += 1 }
            for fault in Set(ending.faults) { faults[fault, default: (0, order)].count += 1 }
        }

        var description: String {
            "\(orders) orders, \(answered) answered, \(bad) of them split"
                + faults.sorted { $0.key < $1.key }.map {
                    "\n    \($0.key): \($0.value.count), as in \($0.value.example)"
                }
                .joined()
        }
    }

    /// Every order in which the turn changes hands twice, some of them in the short variant; then orders drawn by lot.
    @Test(arguments: ChangeEncounter.all)
    func everyAnsweredPushCanBePulled(_ encounter: ChangeEncounter) async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let store = try StoreUnderTest.quick()
        var tally = Tally()
        var alone = TwoSwitches(first: 0, runs: (.max, 0))
        try await encounter.plant(store)
        tally.add(try await encounter.play(on: store, in: &alone), "\(alone)")
        let orders = TwoSwitches.all(alone.taken)
        for var order in stride(from: 0, to: orders.count, by: LongVariants.areOn ? 1 : 1 + orders.count / 30).map({
            orders[$0]
        }) {
            try await encounter.plant(store)
            tally.add(try await encounter.play(on: store, in: &order), "\(order)")
        }
        for round in 0..<(LongVariants.areOn ? 2000 : 5) {
            try await encounter.plant(store)
            var order = RandomOrder(seed: "\(seed).\(round)")
            tally.add(try await encounter.play(on: store, in: &order), "REGTOP_TEST_SEED=\(seed), round \(round)")
        }
        print("\n\(encounter.testDescription): \(alone.taken) operations, \(tally.description)")
        #expect(tally.answered > 0)
        #expect(tally.bad == 0, "\(tally.description)")
    }
}
