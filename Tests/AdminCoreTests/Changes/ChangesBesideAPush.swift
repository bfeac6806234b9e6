import Foundation
import Testing

@testable import AdminCore

/// Changes of whole repositories beside a push to a registry, with and without a descriptor cache:
/// after the restart of the registry, a client can pull each push that was answered 201, under the
/// name that its tag has then (docs/safety.md#6-descriptor-caches).
@Suite struct ChangesBesideAPush {
    /// Counts orders with faults, and keeps one example for each fault.
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

    /// Plays every order in which the turn changes hands twice (the short variant plays some of
    /// them), then random orders.
    @Test(arguments: ChangeEncounter.all)
    func everyAnsweredPushCanBePulled(_ encounter: ChangeEncounter) async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let store = try StoreUnderTest.quick()
        var tally = Tally()
        var alone = TwoSwitches(first: 0, runs: (10_000, 0))
        try await encounter.plant(store)
        tally.add(try await encounter.play(on: store, in: &alone), "\(alone)")
        let orders = TwoSwitches.all(alone.taken)
        let step = LongVariants.areOn ? 1 : 1 + orders.count / 20
        for number in stride(from: 0, to: orders.count, by: step) {
            var order = orders[number]
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

    /// A whole push of another tag runs before each write of the change. The push finds the links
    /// that are still there and writes none; then the change removes these links. The change's own
    /// last look has to restore them, without a recovery and without a delay.
    @Test(arguments: [ChangeEncounter.Change.move, .remove, .removeNow])
    func aTagPushedDuringAChangeIsCompleteWhenTheChangeEnds(_ change: ChangeEncounter.Change) async throws {
        let encounter = ChangeEncounter(change: change, push: .tag, isCached: false, word: .afterwards)
        let store = try StoreUnderTest.quick()
        var write = 1
        while true {
            try await encounter.plant(store)
            let clock = TestClock()
            let recording = RecordingStore(store)
            recording.before { [write] step in
                guard step.write == write, step.operation.isWrite else { return }
                let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: clock.now)
                do { #expect(try await registry.push(ChangeEncounter.old, as: "2")) } catch { Issue.record(error) }
            }
            try await ChangeEncounter.act(change, ChangeEncounter.admin(recording.underTest, clock))
            guard recording.writeCount >= write else { break }
            let lacking = await store.lacking(ChangeEncounter.old, as: "2")
            #expect(lacking.isEmpty, "\(change.rawValue), before write \(write): \(lacking)")
            write += 1
        }
        print("\n\(change.rawValue) beside whole pushes: \(write - 1) moments")
        #expect(write > 20)
    }
}
