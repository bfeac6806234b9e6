import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// One push into a repository beside a change that takes the whole repository away, or brings it
/// back. Afterwards the registry's cache is flushed, and somebody says so.
struct ChangeEncounter: Sendable, CustomTestStringConvertible {
    /// What becomes of the repository.
    enum Change: String, Sendable, CaseIterable {
        /// It gets another name.
        case move
        /// It goes to the trash.
        case remove
        /// It goes for good.
        case removeNow
        /// It comes back from the trash.
        case restore
    }

    /// What is pushed: the repository holds a tag `1`, of an image with one layer.
    enum Push: String, Sendable, CaseIterable {
        /// Another tag of that image.
        case tag
        /// Another image under another tag, which shares the layer.
        case image
        /// That image, under the tag that is there.
        case retag
    }

    /// When the caches are flushed, and somebody says so.
    enum Word: String, Sendable, CaseIterable {
        /// When both have ended.
        case afterwards
        /// As soon as the change has ended.
        case atOnce
    }

    let change: Change
    let push: Push
    /// Whether the registry has a cache, which knows what was there before.
    let isCached: Bool
    let word: Word

    static let all = Change.allCases.flatMap { change in
        Push.allCases.flatMap { push in
            [false, true].flatMap { isCached in
                // Nothing is taken away by what restores.
                Word.allCases.filter { $0 == .afterwards || change != .restore }.map { word in
                    ChangeEncounter(change: change, push: push, isCached: isCached, word: word)
                }
            }
        }
    }

    var testDescription: String {
        "\(change.rawValue) beside a push of \(push == .tag ? "a tag" : push == .image ? "an image" : "an image under an old tag")"
            + "\(isCached ? ", warm cache" : ""), \(word == .afterwards ? "flushed afterwards" : "flushed at once")"
    }

    static let delay: TimeInterval = 86_400
    static let old = PushedImage(layers: [pattern(300, seed: 7)])
    static let new = PushedImage(layers: [pattern(300, seed: 7), pattern(200, seed: 8)])

    private var image: PushedImage { push == .tag ? Self.old : Self.new }
    private var tag: String { push == .retag ? "1" : "2" }

    /// The repository, where it is before.
    func plant(_ store: StoreUnderTest) async throws {
        try await store.removeEverything()
        let clock = TestClock()
        clock.advance(by: -10 * Self.delay)
        let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: clock.now)
        #expect(try await registry.push(Self.old, as: "1"))
        if change == .restore {
            let admin = Self.admin(store, clock)
            try await Self.apply(ChangePlanner(admin).removal(of: [Self.reference("r")]), admin)
            clock.advance(by: Self.delay + 1)
            _ = try await admin.recover()
        }
    }

    /// A registry that has been running for long.
    private func cache() -> OldRegistry.DescriptorCache? {
        guard isCached else { return nil }
        let cache = OldRegistry.DescriptorCache()
        for layer in Self.old.layers { cache.learn(.sha256(of: layer), in: "r") }
        cache.learn(Self.old.digest)
        return cache
    }

    static func admin(_ store: StoreUnderTest, _ clock: TestClock) -> RegistryAdmin {
        let driver = store.driver(policy: clock.policy(delay: delay))
        return RegistryAdmin(registry: RegistryReader(storage: driver.reader), driver: driver)
    }

    static func admin(_ store: TurnStore, _ clock: TestClock) -> RegistryAdmin {
        admin(StoreUnderTest(.sqliteMemory, reader: store, writer: store), clock)
    }

    static func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }

    static func apply(_ plan: some Plan, _ admin: RegistryAdmin) async throws {
        for result in await admin.apply(plan) where result.outcome != .done { throw Failed(result: result) }
    }

    struct Failed: Error { let result: ChangeResult }

    /// A change of the repository, under a name that is free if it gets another one.
    static func act(_ change: Change, to name: String = "s", _ admin: RegistryAdmin) async throws {
        let planner = ChangePlanner(admin)
        switch change {
        case .move: try await apply(planner.move(from: reference("r"), to: reference(name)), admin)
        case .remove: try await apply(planner.removal(of: [reference("r")]), admin)
        case .removeNow: try await apply(planner.removal(of: [reference("r")], skippingTrash: true), admin)
        case .restore:
            let ids = try await TrashReader(registry: admin.registry).ids()
            try await apply(planner.restoration(of: ids), admin)
        }
    }

    /// What somebody says of the caches, who has just flushed them.
    private func flush(_ cache: OldRegistry.DescriptorCache?, _ admin: RegistryAdmin) async throws {
        cache?.flush()
        _ = try await admin.recover(saying: .flushed)
    }

    /// How an order ended.
    struct Ending {
        /// Whether the push was answered 201.
        let isAnswered: Bool
        /// What is wrong, with the push if it was.
        let faults: [String]
    }

    /// Both act in the order that is decided, and afterwards everything is done that an operator is
    /// told to do. nil if the order was given up.
    func play(on store: StoreUnderTest, in orders: inout some TurnOrder) async throws -> Ending? {
        let clock = TestClock()
        let cache = cache()
        let isAnswered = Mutex(false)
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in
                    let admin = Self.admin(mine, clock)
                    // What fails beside a push is done once more, or not: nothing is lost either
                    // way.
                    try? await Self.act(change, admin)
                    if word == .atOnce { try? await flush(cache, admin) }
                },
                { theirs in
                    let registry = OldRegistry(reader: theirs, writer: theirs, cache: cache, now: clock.now)
                    let answer = (try? await registry.push(image, as: tag)) ?? false
                    isAnswered.withLock { $0 = answer }
                },
            ])
        guard isWhole else { return nil }
        let admin = Self.admin(store, clock)
        if word == .afterwards {
            _ = try await admin.recover()
            try await flush(cache, admin)
        }
        var faults = try await Self.wait(admin, clock)
        if isAnswered.withLock(\.self) { faults += try await self.faults(store, admin) }
        return Ending(isAnswered: isAnswered.withLock(\.self), faults: faults)
    }

    /// Lets the delay go by, and once more for what the journal got to know by that. Gives what
    /// stays in it.
    static func wait(_ admin: RegistryAdmin, _ clock: TestClock) async throws -> [String] {
        for _ in 0..<4 {
            clock.advance(by: delay + 1)
            // What is left of a name and is cleared away leaves a watch of its own.
            _ = try await admin.recover(saying: .flushed)
            let pending = try await admin.driver.reader.pendingChanges(policy: admin.driver.policy)
            if pending.isEmpty { return [] }
        }
        return ["the journal does not become empty"]
    }

    /// What is wrong: with what was pushed, and with what was there before.
    private func faults(_ store: StoreUnderTest, _ admin: RegistryAdmin) async throws -> [String] {
        var images = [(image, tag)]
        if push != .retag { images.append((Self.old, "1")) }
        for (number, id) in try await TrashReader(registry: admin.registry).ids().enumerated() {
            let plan = try await ChangePlanner(admin).restoration(of: [id], as: Self.reference("t\(number)"))
            _ = await admin.apply(plan)
        }
        var faults = try await Self.faults(of: images, at: ["r", "s", "t0", "t1"], store)
        // What is deleted for good with its tag is gone, whoever pushed to it meanwhile
        // (docs/safety.md#4-races-that-remain).
        if change == .removeNow { faults.removeAll { $0.hasSuffix("is nowhere") } }
        return faults + (try await PoolCensus(store.driver().reader)).unlisted.map { "unlisted: \($0)" }
    }

    /// What is wrong with images of which each has to be whole at every name that has its tag, and
    /// at one at least.
    static func faults(
        of images: [(PushedImage, String)], at names: [String], _ store: StoreUnderTest
    ) async throws -> [String] {
        var faults: [String] = []
        for (image, tag) in images {
            var isThere = false
            for name in names {
                let lacking = await store.lacking(image, as: tag, in: name)
                if lacking.contains(where: { $0.hasPrefix("the tag") }) { continue }
                isThere = true
                faults += Set(lacking.map { "\(tag) at \(name) lacks \($0.prefix { $0 != ":" })" }).sorted()
            }
            if !isThere { faults.append("\(tag) is nowhere") }
        }
        return faults
    }
}

extension ChangePlanner {
    init(_ admin: RegistryAdmin) { self.init(registry: admin.registry, policy: admin.driver.policy) }
}
