import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import RadosStore
@testable import Registry
@testable import StorageDriver

/// Pools that are deleted during a mark, reads that fail, and the limit on concurrent operations.
@Suite struct CollectionPoolTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    /// Creates a needed image, a due blob in the quarantine, and a blob that nothing needs.
    private func plant() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        _ = try await blob(pattern(3000, seed: 8))
        try await run()
        _ = try await blob(pattern(3000, seed: 9))
        clock.advance(by: Self.day)
    }

    /// A tag may have the name of a directory of the registry.
    @Test func linksOfATagNamedLikeADirectoryKeepTheirPaths() throws {
        let path = try StoragePath("/docker/registry/v2/repositories/r/_manifests/tags/_manifests/current/link")
        let blob = try #require(BlobIdentifier("blob:00000000-0000-4000-8000-000000000001"))
        var links = LinkList()
        links.append(try #require(RegistryPaths().file(at: path)), at: path, blob)
        #expect(links[0].path.path == path)
    }

    /// Deletes the pool after each operation of the mark: every such mark fails.
    @Test func aPoolDeletedDuringTheMarkFailsTheMark() async throws {
        try await plant()
        let whole = VanishingStore(store, for: .max)
        #expect(try await mark(in: whole).weights.candidates.count == 1)
        let last = whole.count
        for number in 0..<last {
            await #expect(throws: StoreError.self, "it was there for \(number) of \(last) operations") {
                try await mark(in: VanishingStore(store, for: number))
            }
        }
        print("\na pool that is deleted during the mark: \(last) moments")
        #expect(last > 40)
    }

    @discardableResult
    private func mark(in vanishing: VanishingStore) async throws -> CollectionMark {
        let pool = StoreUnderTest(.sqliteMemory, reader: vanishing, writer: vanishing)
        return try await CollectionMark.run(ChangeFixture(pool).registry, Self.free, at: clock.now, progress: nil)
    }

    /// Each read of the mark in turn fails: the plan then takes and frees no content beyond that of
    /// a plan without a failure.
    @Test func aFailedReadTakesAndFreesNothingMore() async throws {
        try await plant()
        let counting = RecordingStore(store)
        let whole = try await ChangeFixture(counting.underTest, policy: clock.policy(delay: 0)).planner.collection(
            Self.free)
        for number in 1...counting.count {
            let recording = RecordingStore(store)
            recording.inject { step in
                guard step.number == number else { return nil }
                let object = step.operation.object
                return .failed(StoreError(.inputOutput, operation: "read", object: object, errno: 5, reason: "broken"))
            }
            let faulty = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
            guard let plan = try? await faulty.planner.collection(Self.free) else { continue }
            for work in [CollectionPlan.Part.Work.free, .quarantine, .note, .trim] {
                #expect(Set(plan.items(work)).isSubset(of: whole.items(work)), "\(number)")
            }
        }
        print("\nan error of any answer of a mark: \(counting.count) answers")
    }

    #if RADOS
    /// The same on a cluster, at several stages of the mark.
    @Test(.timeLimit(.minutes(15)), arguments: [10, 40, 80])
    func aPoolDeletedOnAClusterFailsTheMark(_ moment: Int) async throws {
        let cluster = try await TestCluster.shared()
        let pool = "collected-\(UUID().uuidString.lowercased())"
        try await cluster.createPool(pool)
        try await TestCluster.withOpen(cluster.options(pool: pool)) { rados in
            let store = StoreUnderTest(.rados, reader: rados.reader, writer: rados.writer)
            let fixture = ChangeFixture(store, policy: clock.policy(delay: 0))
            try await fixture.push("app", tags: ["1"], layer: pattern(5000))
            let loose = pattern(3000, seed: 9)
            try await fixture.driver.putContent(paths.blob(.sha256(of: loose)), loose)
            let recording = RecordingStore(store)
            recording.before { step in
                guard step.number == moment else { return }
                try? await cluster.removePool(pool)
                while (try? await rados.reader.read(.stat, of: ObjectID("/"))) != nil { await Task.yield() }
            }
            let doomed = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
            await #expect(throws: StoreError.self) { try await doomed.planner.collection(Self.free) }
            #expect(recording.count >= moment)
        }
    }

    /// At most `inFlight` operations (the option --in-flight) are in flight at once.
    @Test(.timeLimit(.minutes(15)))
    func theLoadIsBounded() async throws {
        try await TestCluster.shared().withStore({ $0.inFlight = 4 }) { rados in
            let store = StoreUnderTest(.rados, reader: rados.reader, writer: rados.writer)
            let fixture = ChangeFixture(store, policy: clock.policy(delay: 0))
            for seed in 0..<50 {
                let content = pattern(100, seed: UInt64(seed))
                try await fixture.driver.putContent(paths.blob(.sha256(of: content)), content)
            }
            let most = Mutex(0)
            @Sendable func look() { most.withLock { $0 = max($0, rados.reader.load.inFlight) } }
            let recording = RecordingStore(store)
            recording.before { _ in look() }
            recording.after { _ in look() }
            let watched = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
            let plan = try await watched.admin.collection(CollectionOptions(grace: 0, maxShare: 100, caches: .offline))
            #expect(await watched.admin.apply(plan).allSatisfy { $0.outcome == .done })
            #expect(plan.items(.quarantine).count == 50)
            let seen = most.withLock(\.self)
            #expect(seen > 1 && seen <= 4, "\(seen) in flight")
        }
    }
    #endif
}
