import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// One push beside one collection: quarantine, flush, delay, second mark, freeing. When the delay
/// is over, the push has ended or has not begun.
struct CollectionEncounter: Sendable, CustomTestStringConvertible {
    /// The run of the collection that the push meets.
    enum Meeting: String, Sendable, CaseIterable {
        /// The run that quarantines.
        case quarantine
        /// The run that frees.
        case freeing
    }

    /// The old, unneeded parts of the image that exist before the push.
    enum Remains: String, Sendable, CaseIterable {
        /// The layer's blob.
        case layer
        /// The layer's blob, and the repository's link to it.
        case link
        /// The layer's blob, the repository's link to it, and the manifest's blob without a link.
        case manifest
        /// The layer's blob, and a link to it in another repository, from which the push mounts it.
        case elsewhere
    }

    let meeting: Meeting
    let remains: Remains
    let isCached: Bool

    static let all = Meeting.allCases.flatMap { meeting in
        Remains.allCases.flatMap { remains in
            // A cache remembers a blob for the repositories that link to it.
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
    static var options: CollectionOptions { CollectionOptions(maxShare: 100, caches: .flushed, pause: 0) }

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

    /// The cache of a registry that has run for a long time: it remembers the content that it saw.
    func cache() -> OldRegistry.DescriptorCache? {
        guard isCached else { return nil }
        let cache = OldRegistry.DescriptorCache()
        cache.learn(layer, in: "r")
        if remains == .manifest { cache.learn(image.digest) }
        return cache
    }

    private static func admin(
        _ reader: any ObjectReader, _ writer: any ObjectWriter, _ clock: TestClock
    ) -> RegistryAdmin {
        let storage = StorageReader(objects: reader, chunkSize: 1024)
        let driver = StorageDriver(reader: storage, writer: writer, policy: clock.policy(delay: delay))
        return RegistryAdmin(registry: RegistryReader(storage: storage), driver: driver)
    }

    /// One run of a collection. Calls `looks` when the look of the run begins. Returns the look
    /// with which a process goes on watching.
    @discardableResult
    static func collect(
        _ reader: any ObjectReader, _ writer: any ObjectWriter, _ clock: TestClock,
        _ options: CollectionOptions = options, looks: () -> Void = {}
    ) async throws -> RestoringLook {
        let admin = admin(reader, writer, clock)
        _ = try await admin.recover()
        let plan = try await admin.collection(options)
        for (part, step) in zip(plan.parts, plan.steps(with: admin.context, progress: nil)) {
            if part.work == .look { looks() }
            _ = try await step.work()
        }
        return plan.look
    }

    /// One look of a process that goes on watching.
    static func look(by look: RestoringLook, on store: StoreUnderTest, _ clock: TestClock) async throws {
        let admin = admin(store.reader, store.writer, clock)
        _ = try await admin.settleJournal()
        let results = try await admin.restoreNeeded(look).results
        #expect(results.allSatisfy { $0.outcome == .done }, "\(results)")
    }

    /// The end of the push and of the run.
    struct Ending: Sendable {
        /// Whether the push was answered 201.
        var isDone = false
        /// Whether the push was answered before the look at the end of the run began.
        var isBeforeTheLook = false
        /// The look with which a process goes on watching; nil if the run failed.
        var look: RestoringLook?
    }

    /// Lets the push and the run act in the given order. Returns nil if the order was given up.
    func meet(
        on store: StoreUnderTest, _ clock: TestClock, _ cache: OldRegistry.DescriptorCache?,
        in orders: inout some TurnOrder
    ) async -> Ending? {
        let ending = Mutex(Ending())
        let looks = Mutex(false)
        let isFirst = meeting == .quarantine
        let other = remains == .elsewhere ? "other" : nil
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in
                    let look = try? await Self.collect(mine, mine, clock) { looks.withLock { $0 = true } }
                    ending.withLock { $0.look = look }
                    // The operator restarts the registries as soon as the run ends.
                    if isFirst { cache?.flush() }
                },
                { others in
                    let registry = OldRegistry(reader: others, writer: others, cache: cache, now: clock.now)
                    let answer = (try? await registry.push(mounting: other)) ?? false
                    // A push that checks the flag late counts as one after the look: the test then
                    // expects less.
                    let isBefore = !looks.withLock(\.self)
                    ending.withLock { ($0.isDone, $0.isBeforeTheLook) = (answer, answer && isBefore) }
                },
            ])
        return isWhole ? ending.withLock(\.self) : nil
    }

    /// Plays all runs, with the push in the run that it meets. Returns nil if the order was given
    /// up.
    func play(on store: StoreUnderTest, in orders: inout some TurnOrder) async throws -> Bool? {
        let clock = TestClock()
        let cache = cache()
        if meeting == .freeing {
            try await Self.collect(store.reader, store.writer, clock)
            cache?.flush()
            clock.advance(by: Self.delay + 1)
        }
        guard let ending = await meet(on: store, clock, cache, in: &orders) else { return nil }
        // A push before the look can be pulled after this look; a later push after the next look.
        if ending.isBeforeTheLook, ending.look != nil { await expectWhole(store, "after the look") }
        try await Self.look(by: ending.look ?? RestoringLook(), on: store, clock)
        if ending.isDone { await expectWhole(store, "after the next look") }
        for _ in 0..<2 {
            clock.advance(by: Self.delay + 1)
            try await Self.collect(store.reader, store.writer, clock)
        }
        return ending.isDone
    }

    /// Expects that every file of a push that was answered 201 is there, byte for byte.
    func expectWhole(_ store: StoreUnderTest, _ when: String = "at the end") async {
        await store.expectWhole(image, tag: "t", "\(testDescription), \(when)")
    }

    /// Expects that freed content leaves no empty directory, and that each directory with content
    /// is listed.
    func expectTidy(_ store: StoreUnderTest) async throws {
        let census = try await PoolCensus(store.driver().reader)
        #expect(census.unlisted.isEmpty, "\(testDescription): \(census.unlisted)")
        let hollow = census.hollow(blobsOf: RegistryPaths())
        #expect(hollow.isEmpty, "\(testDescription): \(hollow)")
    }
}
