import Foundation
import Synchronization
import Testing

@testable import AdminCore
@testable import Changes
@testable import Registry
@testable import StorageDriver

/// Copies beside a push to the new name, and beside a deletion of it: every tag that is there in
/// the end has its whole image.
@Suite struct CopyBesideOthers {
    enum Other: String, CaseIterable, Sendable {
        /// A registry pushes another image, which shares a layer, to the new name.
        case push
        /// The repository with the new name goes to the trash.
        case removal
        /// The same copy is made twice.
        case copy
    }

    private static let image = PushedImage(layers: [pattern(300, seed: 7)])
    private static let other = PushedImage(layers: [pattern(300, seed: 7), pattern(200, seed: 8)])

    @Test(arguments: Other.allCases)
    func everyTagIsWhole(_ other: Other) async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let store = try StoreUnderTest.quick()
        var (played, copied, bad): (Int, Int, [String]) = (0, 0, [])
        func add(_ end: (isCopied: Bool, faults: [String])?, _ order: String) {
            guard let end else { return }
            played += 1
            if end.isCopied { copied += 1 }
            if !end.faults.isEmpty { bad.append("\(order): \(end.faults)") }
        }
        var alone = TwoSwitches(first: 0, runs: (10_000, 0))
        add(try await play(other, on: store, in: &alone), "\(alone)")
        let orders = TwoSwitches.all(alone.taken)
        for number in stride(from: 0, to: orders.count, by: LongVariants.areOn ? 1 : 1 + orders.count / 60) {
            var order = orders[number]
            add(try await play(other, on: store, in: &order), "\(order)")
        }
        for round in 0..<(LongVariants.areOn ? 2000 : 15) {
            var order = RandomOrder(seed: "\(seed).\(round)")
            add(try await play(other, on: store, in: &order), "REGTOP_TEST_SEED=\(seed), round \(round)")
        }
        print("\ncopy beside a \(other.rawValue): \(alone.taken) operations, \(copied) copies done, \(bad.count) bad")
        // Nothing of a push stands in the way of a copy to another tag.
        #expect(other == .push ? copied == played : copied > 0)
        #expect(bad.isEmpty, "\(bad.prefix(3))")
    }

    /// Lets the copy and the other side act in the given order. Returns whether the copy reported
    /// success, and the faults; nil if the order was given up.
    private func play(
        _ other: Other, on store: StoreUnderTest, in orders: inout some TurnOrder
    ) async throws -> (isCopied: Bool, faults: [String])? {
        try await store.removeEverything()
        let clock = TestClock()
        clock.advance(by: -10 * ChangeEncounter.delay)
        var registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: clock.now)
        #expect(try await registry.push(Self.image, as: "1"))
        if other == .removal {
            registry.name = "s"
            #expect(try await registry.push(Self.other, as: "2"))
        }
        let admin = ChangeEncounter.admin(store, clock)
        let plan = try await ChangePlanner(admin).copy(
            from: ChangeEncounter.reference("r:1"), to: ChangeEncounter.reference("s:1"))
        let removal =
            other == .removal ? try await ChangePlanner(admin).removal(of: [ChangeEncounter.reference("s")]) : nil
        let isCopied = Mutex(false)
        let isAnswered = Mutex(false)
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in
                    let results = await ChangeEncounter.admin(mine, clock).apply(plan)
                    isCopied.withLock { $0 = results.allSatisfy { $0.outcome == .done } }
                },
                { theirs in
                    switch other {
                    case .push:
                        let registry = OldRegistry(
                            reader: theirs, writer: theirs, cache: nil, now: clock.now, name: "s")
                        let answer = (try? await registry.push(Self.other, as: "2")) ?? false
                        isAnswered.withLock { $0 = answer }
                    case .removal: if let removal { _ = await ChangeEncounter.admin(theirs, clock).apply(removal) }
                    case .copy: _ = await ChangeEncounter.admin(theirs, clock).apply(plan)
                    }
                },
            ])
        guard isWhole else { return nil }
        var faults = try await ChangeEncounter.wait(admin, clock)
        let tags = (try? await admin.registry.pass().tagNames(of: "s")) ?? []
        if tags.contains("1") {
            faults += await store.lacking(Self.image, as: "1", in: "s")
        } else if isCopied.withLock(\.self), other != .removal {
            faults.append("the copy is gone")
        }
        if isAnswered.withLock(\.self) { faults += await store.lacking(Self.other, as: "2", in: "s") }
        faults += await store.lacking(Self.image, as: "1", in: "r")
        return (isCopied.withLock(\.self), faults)
    }

    #if RADOS
    /// On a cluster: a repository is copied while a registry pushes images that share its layers to
    /// the new name.
    @Test(.timeLimit(.minutes(15))) func onAClusterEveryTagIsWhole() async throws {
        try await StoreUnderTest.with(.rados) { store in
            let clock = TestClock()
            func registry(_ name: String) -> OldRegistry {
                OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: clock.now, name: name)
            }
            func image(_ number: Int) -> PushedImage {
                PushedImage(layers: [pattern(300, seed: 7), pattern(200, seed: UInt64(number))])
            }
            for number in 0..<8 { #expect(try await registry("r").push(image(number), as: "r\(number)")) }
            let admin = ChangeEncounter.admin(store, clock)
            let plan = try await ChangePlanner(admin).copy(
                from: ChangeEncounter.reference("r"), to: ChangeEncounter.reference("s"))
            async let pushed = Self.push((4..<12).map { (image($0), "p\($0)") }, with: registry("s"))
            let results = await admin.apply(plan)
            for tag in try await pushed {
                #expect(await store.lacking(image(tag), as: "p\(tag)", in: "s") == [])
            }
            // Links that the registry is just writing are completed.
            #expect(results.map(\.outcome) == [.done], "\(results)")
            for number in 0..<8 {
                for name in ["r", "s"] {
                    #expect(await store.lacking(image(number), as: "r\(number)", in: name) == [])
                }
            }
            #expect(try await PoolCensus(admin.driver.reader).unlisted == [])
            #expect(try await admin.recover().isEmpty)
        }
    }

    /// Pushes images one after the other; returns the numbers of those that were answered.
    private static func push(_ images: [(PushedImage, String)], with registry: OldRegistry) async throws -> [Int] {
        var answered: [Int] = []
        for (image, tag) in images where try await registry.push(image, as: tag) {
            answered.append(Int(tag.dropFirst()) ?? 0)
        }
        return answered
    }
    #endif
}
