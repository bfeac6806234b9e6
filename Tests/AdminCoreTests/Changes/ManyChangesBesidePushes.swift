import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import SampleRegistry
@testable import StorageDriver

/// Moves, removals, restorations and recoveries beside many concurrent pushes of images that share
/// layers, in random orders. Each order has three days; the registries restart at the end of each
/// day.
@Suite struct ManyChangesBesidePushes {
    private typealias Push = (image: PushedImage, tag: String)

    private static let layers = (0..<3).map { pattern(200 + 100 * $0, seed: UInt64(20 + $0)) }

    @Test func everyAnsweredPushCanBePulled() async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let store = try StoreUnderTest.quick()
        let rounds = LongVariants.areOn ? 2000 : 20
        var (answered, faults) = (0, [String]())
        for round in 0..<rounds {
            try await store.removeEverything()
            let outcome = try await play("\(seed).\(round)", on: store)
            answered += outcome.answered
            faults += outcome.faults.map { "round \(round): \($0)" }
        }
        print(
            "\nmany pushes beside changes: \(rounds) random orders, \(answered) pushes answered, \(faults.count) faults; REGTOP_TEST_SEED=\(seed)"
        )
        #expect(answered > 0)
        #expect(faults.isEmpty, "REGTOP_TEST_SEED=\(seed)")
    }

    private func play(_ seed: String, on store: StoreUnderTest) async throws -> (answered: Int, faults: [String]) {
        var generator = SeededGenerator(seed: seed + ".plan")
        var orders = RandomOrder(seed: seed)
        let clock = TestClock()
        let cache = Bool.random(using: &generator) ? OldRegistry.DescriptorCache() : nil
        let admin = ChangeEncounter.admin(store, clock)
        let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: cache, now: clock.now)
        var done: [Push] = [(PushedImage(layers: [Self.layers[0]]), "first")]
        #expect(try await registry.push(done[0].image, as: done[0].tag))
        clock.advance(by: ChangeEncounter.delay)
        var names = ["r"]
        for day in 0..<3 {
            let pushes = (0..<3).map { number in
                let layers = Self.layers.filter { _ in Bool.random(using: &generator) }
                // Some pushes repeat an image that was pushed before.
                let known = Bool.random(using: &generator) ? done.randomElement(using: &generator)?.image : nil
                return (known ?? PushedImage(layers: layers.isEmpty ? Self.layers : layers), "t\(day)-\(number)")
            }
            let change = ChangeEncounter.Change.allCases.filter { $0 != .removeNow }.randomElement(using: &generator)
            names.append("s\(day)")
            done += await spend(pushes, change ?? .move, to: "s\(day)", on: store, clock, cache, in: &orders)
            if Bool.random(using: &generator) { _ = try await admin.recover() }
            cache?.flush()
            _ = try await admin.recover(saying: cache == nil ? .none : .flushed)
            clock.advance(by: ChangeEncounter.delay + 1)
        }
        var faults = try await ChangeEncounter.wait(admin, clock)
        for (number, id) in try await TrashReader(registry: admin.registry).ids().enumerated() {
            let name = "t\(number)"
            names.append(name)
            let plan = try await ChangePlanner(admin).restoration(of: [id], as: ChangeEncounter.reference(name))
            _ = await admin.apply(plan)
        }
        faults += try await ChangeEncounter.faults(of: done, at: names, store)
        return (done.count, faults)
    }

    /// Plays one day: all pushes beside one change, with a settling of the journal before and after
    /// the change. Returns the pushes that were answered 201.
    private func spend(
        _ pushes: [Push], _ change: ChangeEncounter.Change, to name: String, on store: StoreUnderTest,
        _ clock: TestClock,
        _ cache: OldRegistry.DescriptorCache?, in orders: inout RandomOrder
    ) async -> [Push] {
        let done = Mutex<[Push]>([])
        let now = clock.now
        var sides: [@Sendable (TurnStore) async -> Void] = [
            { mine in
                let admin = ChangeEncounter.admin(mine, clock)
                _ = try? await admin.settleJournal()
                try? await ChangeEncounter.act(change, to: name, admin)
                _ = try? await admin.settleJournal()
            }
        ]
        for push in pushes {
            sides.append { others in
                let registry = OldRegistry(reader: others, writer: others, cache: cache, now: now)
                guard (try? await registry.push(push.image, as: push.tag)) == true else { return }
                done.withLock { $0.append(push) }
            }
        }
        _ = await Turns.play(on: store, in: &orders, sides)
        return done.withLock(\.self)
    }
}
