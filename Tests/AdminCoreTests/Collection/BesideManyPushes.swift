import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Collections beside many concurrent pushes of images that share layers, in random orders. Each
/// order has three days with two runs each; the registries restart at the end of each day.
@Suite struct BesideManyPushes {
    private static let delay = CollectionEncounter.delay
    private static let layers = (0..<4).map { pattern(700 + 500 * $0, seed: UInt64(20 + $0)) }

    /// One push; `mounts` says whether it mounts layers from the repository `other`.
    private struct Push: Sendable {
        let image: PushedImage
        let tag: String
        let mounts: Bool
    }

    @Test func everyCompletedTagIsComplete() async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let store = try StoreUnderTest.quick()
        let rounds = LongVariants.areOn ? 3000 : 12
        var (pushed, completed, freed) = (0, 0, 0)
        for round in 0..<rounds {
            try await store.removeEverything()
            let outcome = try await play("\(seed).\(round)", on: store)
            pushed += outcome.pushed
            completed += outcome.completed
            freed += outcome.freed
        }
        print(
            "\nmany pushes beside collections: \(rounds) random orders, \(completed) of \(pushed) pushes completed, \(freed) blobs freed; REGTOP_TEST_SEED=\(seed)"
        )
        #expect(completed > 0 && freed > 0)
    }

    private func play(_ seed: String, on store: StoreUnderTest) async throws -> (
        pushed: Int, completed: Int, freed: Int
    ) {
        var generator = SeededGenerator(seed: seed + ".plan")
        var orders = RandomOrder(seed: seed)
        let clock = TestClock()
        let cache = Bool.random(using: &generator) ? OldRegistry.DescriptorCache() : nil
        var options = CollectionEncounter.options
        options.untagged = Bool.random(using: &generator)
        try await plant(in: store, cache, &generator)
        let before = try await chunks(in: store)
        var (done, pushed): ([Push], Int) = ([], 0)
        for day in 0..<3 {
            let pushes = (0..<3).map { number in
                let layers = Self.layers.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
                return Push(
                    image: PushedImage(layers: layers.isEmpty ? [Self.layers[0]] : layers), tag: "t\(day)-\(number)",
                    mounts: Bool.random(using: &generator))
            }
            pushed += pushes.count
            let (answered, look) = try await spend(pushes, options, on: store, clock, cache, in: &orders)
            done += answered
            // The look of a watching process restores all that these pushes need.
            try await CollectionEncounter.look(by: look, on: store, clock)
            for push in answered { await store.expectWhole(push.image, tag: push.tag, "round \(seed), day \(day)") }
            cache?.flush()
            clock.advance(by: Self.delay + 1)
        }
        for _ in 0..<2 {
            try await CollectionEncounter.collect(store.reader, store.writer, clock, options)
            clock.advance(by: Self.delay + 1)
        }
        for push in done { await store.expectWhole(push.image, tag: push.tag, "round \(seed)") }
        return (pushed, done.count, before.subtracting(try await chunks(in: store)).count)
    }

    /// Plays one day: all pushes beside two runs. Returns the pushes that were answered 201, and
    /// the look with which a process goes on watching.
    private func spend(
        _ pushes: [Push], _ options: CollectionOptions, on store: StoreUnderTest, _ clock: TestClock,
        _ cache: OldRegistry.DescriptorCache?,
        in orders: inout RandomOrder
    ) async throws -> ([Push], RestoringLook) {
        let done = Mutex<[Push]>([])
        let look = Mutex(RestoringLook())
        let now = clock.now
        var sides: [@Sendable (TurnStore) async -> Void] = [
            { mine in
                for moment in [0, Self.delay / 3] {
                    clock.advance(by: moment)
                    guard let known = try? await CollectionEncounter.collect(mine, mine, clock, options) else {
                        continue
                    }
                    look.withLock { $0 = known }
                }
            }
        ]
        for push in pushes {
            sides.append { others in
                let registry = OldRegistry(reader: others, writer: others, cache: cache, now: now)
                let other = push.mounts ? "other" : nil
                guard (try? await registry.push(push.image, as: push.tag, mounting: other)) == true else { return }
                done.withLock { $0.append(push) }
            }
        }
        _ = await Turns.play(on: store, in: &orders, sides)
        return (done.withLock(\.self), look.withLock(\.self))
    }

    /// Creates layers that nothing needs: some with links in this repository or in another one,
    /// some in an image without a tag. The cache remembers some of the links.
    private func plant(
        in store: StoreUnderTest, _ cache: OldRegistry.DescriptorCache?, _ generator: inout SeededGenerator
    ) async throws {
        let driver = store.driver()
        let registry = OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: WallClock.test.now)
        for layer in Self.layers {
            let digest = Digest.sha256(of: layer)
            try await driver.putContent(path(OldRegistry.blobPath(digest)), layer)
            for other in ["other", nil] where Bool.random(using: &generator) {
                try await driver.putContent(path(registry.layerLink(digest, in: other)), Array(digest.string.utf8))
                if Bool.random(using: &generator) { cache?.learn(digest, in: other ?? registry.name) }
            }
            guard Bool.random(using: &generator) else { continue }
            let image = PushedImage(layers: [layer])
            try await driver.putContent(path(OldRegistry.blobPath(image.digest)), image.manifest)
            try await driver.putContent(
                path(registry.revisionLink(image.digest)), Array(image.digest.string.utf8))
        }
    }

    private func chunks(in store: StoreUnderTest) async throws -> Set<BlobIdentifier> {
        Set(try await store.objects().compactMap { BlobIdentifier.parse(chunkName: $0.name)?.blob })
    }
}
