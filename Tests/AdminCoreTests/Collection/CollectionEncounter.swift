import Foundation
import Synchronization
import Testing

@testable import AdminCore

/// One push beside one collection: quarantine, flush, delay, second mark, freeing. Whoever pushes has ended, or not begun, when the delay is over.
struct CollectionEncounter: Sendable, CustomTestStringConvertible {
    /// Which run of the collection the push meets.
    enum Meeting: String, Sendable, CaseIterable {
        /// The one that quarantines.
        case quarantine
        /// The one that frees.
        case freeing
    }

    /// What is there of the image from long ago, unneeded.
    enum Remains: String, Sendable, CaseIterable {
        /// Its layer's blob.
        case layer
        /// That, and the repository's link to it.
        case link
        /// And the manifest's blob, without a link.
        case manifest
        /// The layer's blob, and another repository's link to it, from where it is mounted.
        case elsewhere
    }

    let meeting: Meeting
    let remains: Remains
    let isCached: Bool

    static let all = Meeting.allCases.flatMap { meeting in
        Remains.allCases.flatMap { remains in
            // A cache remembers a blob for the repositories that have a link to it.
            (remains == .link || remains == .manifest ? [false, true] : [false]).map { isCached in
                CollectionEncounter(meeting: meeting, remains: remains, isCached: isCached)
            }
        }
    }

    var testDescription: String {
        let there =
            switch remains {
            case .layer: "old layer"
            case .link: "old layer link"
            case .manifest: "old layer link and manifest"
            case .elsewhere: "old layer link elsewhere"
            }
        return "a push beside the \(meeting.rawValue), \(there)\(isCached ? ", warm cache" : "")"
    }

    static let delay: TimeInterval = 86_400
    static var options: CollectionOptions { CollectionOptions(maxShare: 100, caches: .flushed) }

    private var image: PushedImage { .small }
    private var layer: Digest { .sha256(of: image.layers[0]) }

    /// A pool with an old layer that nothing needs.
    func planted() async throws -> StoreCopy {
        let store = try StoreUnderTest.quick()
        let driver = store.driver()
        let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: WallClock.test.now)
        try await driver.putContent(path(OldRegistry.blobPath(layer)), image.layers[0])
        try await driver.putContent(path(registry.layerLink(Digest.sha256(of: pattern(1)))), pattern(1))
        if remains != .layer {
            let place = registry.layerLink(layer, in: remains == .elsewhere ? "other" : nil)
            try await driver.putContent(path(place), Array(layer.string.utf8))
        }
        if remains == .manifest {
            try await driver.putContent(path(OldRegistry.blobPath(image.digest)), image.manifest)
        }
        return try await StoreCopy(of: store)
    }

    /// A registry that has been running for long: it remembers what it saw.
    func cache() -> OldRegistry.DescriptorCache? {
        guard isCached else { return nil }
        let cache = OldRegistry.DescriptorCache()
        cache.learn(layer, in: "r")
        if remains == .manifest { cache.learn(image.digest) }
        return cache
    }

    /// One run of a collection.
    static func collect(
        _ reader: any ObjectReader, _ writer: any ObjectWriter, _ clock: TestClock
    ) async throws {
        let storage = StorageReader(objects: reader, chunkSize: 1024)
        let driver = StorageDriver(reader: storage, writer: writer, policy: clock.policy(delay: delay))
        let admin = RegistryAdmin(registry: RegistryReader(storage: storage), driver: driver)
        _ = try await admin.recover()
        let plan = try await admin.collection(options)
        for step in plan.steps(with: admin, progress: nil) { _ = try await step.work() }
    }

    /// Both act in the order that is decided. Gives whether the push was answered 201; nil if the order was given up.
    func meet(
        on store: StoreUnderTest, _ clock: TestClock, _ cache: OldRegistry.DescriptorCache?,
        in orders: inout some TurnOrder
    ) async -> Bool? {
        let isDone = Mutex(false)
        let isFirst = meeting == .quarantine
        let other = remains == .elsewhere ? "other" : nil
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in
                    try? await Self.collect(mine, mine, clock)
                    // The operator restarts the registries as soon as the run has ended.
                    if isFirst { cache?.flush() }
                },
                { others in
                    let registry = OldRegistry(reader: others, writer: others, cache: cache, now: clock.now)
                    let answer = (try? await registry.push(mounting: other)) ?? false
                    isDone.withLock { $0 = answer }
                },
            ])
        return isWhole ? isDone.withLock(\.self) : nil
    }

    /// All runs, with the push in the one it meets. nil if the order was given up.
    func play(on store: StoreUnderTest, in orders: inout some TurnOrder) async throws -> Bool? {
        let clock = TestClock()
        let cache = cache()
        if meeting == .freeing {
            try await Self.collect(store.reader, store.writer, clock)
            cache?.flush()
            clock.advance(by: Self.delay + 1)
        }
        let isDone = await meet(on: store, clock, cache, in: &orders)
        guard isDone != nil else { return nil }
        for _ in 0..<2 {
            clock.advance(by: Self.delay + 1)
            try await Self.collect(store.reader, store.writer, clock)
        }
        return isDone
    }

    /// What was answered 201 is there, byte for byte.
    func expectWhole(_ store: StoreUnderTest) async {
        await store.expectWhole(image, tag: "t", testDescription)
    }

    /// What was freed has left no directory behind, and none that holds something is unlisted.
    func expectTidy(_ store: StoreUnderTest) async throws {
        let census = try await PoolCensus(store.driver().reader)
        #expect(census.unlisted.isEmpty, "\(testDescription): \(census.unlisted)")
        let hollow = census.hollow(blobsOf: RegistryPaths())
        #expect(hollow.isEmpty, "\(testDescription): \(hollow)")
    }
}
