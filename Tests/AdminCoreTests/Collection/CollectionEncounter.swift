import Foundation
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

    let meeting: Meeting
    /// The repository has a link to the layer from long ago.
    let hasOldLink: Bool
    /// The manifest's blob is there from long ago, without a link.
    let hasOldManifest: Bool
    let isCached: Bool

    static let all = Meeting.allCases.flatMap { meeting in
        [(true, false), (false, false), (true, true)].flatMap { hasOldLink, hasOldManifest in
            // A cache remembers a blob for the repositories that have a link to it.
            (hasOldLink ? [false, true] : [false]).map { isCached in
                CollectionEncounter(
                    meeting: meeting, hasOldLink: hasOldLink, hasOldManifest: hasOldManifest, isCached: isCached)
            }
        }
    }

    var testDescription: String {
        "a push beside the \(meeting.rawValue)\(hasOldLink ? ", old layer link" : "")"
            + "\(hasOldManifest ? ", old manifest" : "")\(isCached ? ", warm cache" : "")"
    }

    static let delay: TimeInterval = 86_400
    static var options: CollectionOptions { CollectionOptions(maxShare: 100, caches: .flushed) }

    /// A pool with an old layer that nothing needs.
    func planted() async throws -> StoreCopy {
        let store = try StoreUnderTest.inMemory()
        let driver = store.driver()
        let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: Date())
        try await driver.putContent(path(OldRegistry.blobPath(OldRegistry.layerDigest)), OldRegistry.layer)
        try await driver.putContent(path(registry.layerLink(Digest.sha256(of: pattern(1)))), pattern(1))
        if hasOldLink {
            try await driver.putContent(
                path(registry.layerLink(OldRegistry.layerDigest)), Array(OldRegistry.layerDigest.string.utf8))
        }
        if hasOldManifest {
            try await driver.putContent(path(OldRegistry.blobPath(OldRegistry.manifestDigest)), OldRegistry.manifest)
        }
        return try await StoreCopy(of: store)
    }

    /// A registry that has been running for long: it remembers what it saw.
    func cache() -> OldRegistry.DescriptorCache? {
        guard isCached else { return nil }
        let cache = OldRegistry.DescriptorCache()
        cache.learn(OldRegistry.layerDigest)
        if hasOldManifest { cache.learn(OldRegistry.manifestDigest) }
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
        let turns = Turns()
        let (mine, others) = (
            TurnStore(store: store, turns: turns, side: 0), TurnStore(store: store, turns: turns, side: 1)
        )
        let registry = OldRegistry(reader: others, writer: others, cache: cache, now: clock.now)
        let isFirst = meeting == .quarantine
        async let collected: Void = {
            try? await Self.collect(mine, mine, clock)
            // The operator restarts the registries as soon as the run has ended.
            if isFirst { cache?.flush() }
            await turns.end(0)
        }()
        async let pushed: Bool = {
            let isDone = (try? await registry.push()) ?? false
            await turns.end(1)
            return isDone
        }()
        var isGivenUp = false
        while let wishes = await turns.next() {
            if let side = orders.decide(wishes) {
                await turns.grant(side)
            } else {
                isGivenUp = true
                await turns.giveUp()
            }
        }
        await collected
        let isDone = await pushed
        return isGivenUp ? nil : isDone
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
        let reader = store.driver().reader
        let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: Date())
        let (layer, manifest) = (OldRegistry.layerDigest, OldRegistry.manifestDigest)
        for (file, content) in [
            (OldRegistry.blobPath(layer), OldRegistry.layer), (OldRegistry.blobPath(manifest), OldRegistry.manifest),
            (registry.layerLink(layer), Array(layer.string.utf8)),
            (registry.revisionLink(manifest), Array(manifest.string.utf8)),
            (registry.currentLink("t"), Array(manifest.string.utf8)),
        ] {
            let found = try? await reader.content(path(file))
            #expect(found == content, "\(testDescription): \(file) is lost")
        }
    }
}
