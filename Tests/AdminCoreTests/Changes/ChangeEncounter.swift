import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// One push into a repository beside a change that moves, removes or restores this repository.
/// Afterwards the operator flushes the registry's cache, and says so.
struct ChangeEncounter: Sendable, CustomTestStringConvertible {
    enum Change: String, Sendable, CaseIterable {
        /// The repository gets another name.
        case move
        /// The repository goes to the trash.
        case remove
        /// The repository is deleted without the trash.
        case removeNow
        /// The repository comes back from the trash.
        case restore
    }

    /// The push. Before it, the repository holds a tag `1` of an image with one layer.
    enum Push: String, Sendable, CaseIterable {
        /// Another tag of the same image.
        case tag
        /// Another image under another tag; it shares the layer.
        case image
        /// Another image under the existing tag; it shares the layer.
        case retag
    }

    /// The moment at which the operator flushes the caches and says so.
    enum Word: String, Sendable, CaseIterable {
        /// After the change and the push.
        case afterwards
        /// As soon as the change has ended.
        case atOnce
    }

    let change: Change
    let push: Push
    /// Whether the registry has a cache that remembers the content of the repository before the
    /// change.
    let isCached: Bool
    let word: Word

    static let all = Change.allCases.flatMap { change in
        Push.allCases.flatMap { push in
            [false, true].flatMap { isCached in
                // A restoration removes nothing.
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

    /// Fills the store with the repository as it is before the change.
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

    /// The cache of a registry that has run for a long time.
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

    /// Changes the repository `r`. A move gives it the name `name`, which must be free.
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

    /// Flushes the cache as an operator does, and says so.
    private func flush(_ cache: OldRegistry.DescriptorCache?, _ admin: RegistryAdmin) async throws {
        cache?.flush()
        _ = try await admin.recover(saying: .flushed)
    }

    /// The end of an order.
    struct Ending {
        /// Whether the push was answered 201.
        let isAnswered: Bool
        /// The faults of the content; those of the push count only if it was answered 201.
        let faults: [String]
    }

    /// Lets the change and the push act in the given order, then does what an operator is told to
    /// do. Returns nil if the order was given up.
    func play(on store: StoreUnderTest, in orders: inout some TurnOrder) async throws -> Ending? {
        let clock = TestClock()
        let cache = cache()
        let isAnswered = Mutex(false)
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in
                    let admin = Self.admin(mine, clock)
                    // A change that fails beside a push may be repeated or not: nothing is lost
                    // either way.
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

    /// Lets the delay pass, repeatedly, since a recovery may write new intents. Returns a fault if
    /// intents remain in the journal.
    static func wait(_ admin: RegistryAdmin, _ clock: TestClock) async throws -> [String] {
        for _ in 0..<4 {
            clock.advance(by: delay + 1)
            // A recovery that clears the rest of a name leaves a watch of its own.
            _ = try await admin.recover(saying: .flushed)
            let pending = try await admin.driver.reader.pendingChanges(policy: admin.driver.policy)
            if pending.isEmpty { return [] }
        }
        return ["the journal does not become empty"]
    }

    /// Returns the faults of the pushed image, and of the image that was there before.
    private func faults(_ store: StoreUnderTest, _ admin: RegistryAdmin) async throws -> [String] {
        var images = [(image, tag)]
        if push != .retag { images.append((Self.old, "1")) }
        for (number, id) in try await TrashReader(registry: admin.registry).ids().enumerated() {
            let plan = try await ChangePlanner(admin).restoration(of: [id], as: Self.reference("t\(number)"))
            _ = await admin.apply(plan)
        }
        var faults = try await Self.faults(of: images, at: ["r", "s", "t0", "t1"], store)
        // A repository that is deleted without the trash takes the tag with it, also if a push
        // writes to it in the meantime (docs/safety.md#4-races-that-remain).
        if change == .removeNow { faults.removeAll { $0.hasSuffix("is nowhere") } }
        return faults + (try await PoolCensus(store.driver().reader)).unlisted.map { "unlisted: \($0)" }
    }

    /// Returns the faults of the images. Each image must be complete at every name that has its
    /// tag, and at least one name must have the tag.
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
