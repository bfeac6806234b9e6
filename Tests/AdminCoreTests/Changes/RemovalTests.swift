import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

@Suite struct RemovalTests {
    @Test func removingATagKeepsItsSiblings() async throws {
        let fixture = try ChangeFixture.inMemory()
        let digest = try await fixture.push("app", tags: ["a", "b", "c"], layer: pattern(100))
        let before = try await fixture.snapshot()
        let (plan, results) = try await fixture.remove("app:b")
        #expect(results == [ChangeResult(target: "app:b", outcome: .done)])
        #expect(plan.impact.tags == ["app:b"])
        #expect(plan.impact.siblingTags == ["app:a", "app:c"] && plan.impact.untagged.isEmpty)
        #expect(plan.impact.revisions == 0)
        #expect(plan.impact.reclaimable == 2 * 71, "the two links; all content stays")
        #expect(try await fixture.tags("app") == ["a", "c"])
        #expect(try await fixture.registry.pass().revisions(of: fixture.name("app")) == [digest])
        let tags = "/docker/registry/v2/repositories/app/_manifests/tags"
        let b = ["", "/current", "/index", "/index/sha256", "/index/sha256/\(digest.hex)"].map { "\(tags)/b\($0)" }
        #expect(try await fixture.snapshot().differences(to: before) == Set(b + [tags]))
        #expect(plan.impact.objects == b.count)
    }

    /// The manifest of the last tag keeps its space; a plan that does not say so promises too much.
    @Test func removingTheLastTagLeavesItsManifest() async throws {
        let fixture = try ChangeFixture.inMemory()
        let digest = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        let (plan, _) = try await fixture.remove("app:a", "app:b")
        #expect(plan.impact.untagged == ["app@\(digest)"])
        #expect(try await fixture.registry.pass().revisions(of: fixture.name("app")) == [digest])
    }

    @Test func removingADigestRemovesTheRevisionAndItsTags() async throws {
        let fixture = try ChangeFixture.inMemory()
        let digest = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        try await fixture.push("app", tags: ["other"], layer: pattern(200, seed: 2))
        let (plan, results) = try await fixture.remove("app@\(digest)")
        #expect(results.map(\.outcome) == [.done])
        #expect(plan.impact.tags == ["app:a", "app:b"])
        #expect(plan.impact.siblingTags.isEmpty && plan.impact.untagged.isEmpty)
        #expect(plan.impact.revisions == 1)
        #expect(plan.notes.first == "with app@\(digest) go the tags that name it: a, b")
        #expect(try await fixture.tags("app") == ["other"])
        #expect(try await fixture.registry.pass().revisions(of: fixture.name("app")).count == 1)
    }

    @Test func removingARepositoryKeepsRepositoriesBelowIt() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        try await fixture.push("a/x", tags: ["v1"], layer: pattern(100, seed: 2))
        let before = try await fixture.snapshot()
        let (_, results) = try await fixture.remove("a")
        #expect(results.map(\.outcome) == [.done])
        #expect(try await fixture.names() == ["a/x"])
        let after = try await fixture.snapshot()
        let root: ByteString = "/docker/registry/v2/repositories/a/x"
        #expect(after.below(root) == before.below(root))
        #expect(after.below("/docker/registry/v2/blobs") == before.below("/docker/registry/v2/blobs"))
        #expect(after.below("blob:") == before.below("blob:"), "no chunk is touched")
    }

    @Test func aRemovedRepositoryIsNotInTheCatalogue() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("team/x/deep", tags: ["v1"], layer: pattern(100))
        try await fixture.push("other", tags: ["v1"], layer: pattern(100))
        let (plan, _) = try await fixture.remove("team/x/deep")
        #expect(try await fixture.names() == ["other"])
        let after = try await fixture.snapshot()
        #expect(after.below("/docker/registry/v2/repositories/team").isEmpty)
        #expect(plan.impact.layers == 2)
        #expect(plan.impact.bytes == 0)
        #expect(plan.impact.reclaimable == UInt64(plan.targets[0].links.count) * 71, "other needs the same content")
        let last = try await fixture.remove("other")
        #expect(last.plan.impact.reclaimable > 71 * UInt64(last.plan.targets[0].links.count) + 100)
        #expect(try await fixture.driver.reader.stat(fixture.registry.paths.repositories).kind == .directory)
    }

    @Test func reclaimableCountsOnlyUnsharedContent() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("one", tags: ["v1"], layer: pattern(1000, seed: 1))
        try await fixture.push("two", tags: ["v1"], layer: pattern(1000, seed: 1))
        let links = { (plan: ChangePlan) in UInt64(plan.targets.reduce(0) { $0 + $1.links.count }) * 71 }
        let alone = try await fixture.planner.removal(of: [fixture.reference("one")])
        #expect(alone.impact.reclaimable == links(alone))
        let both = try await fixture.planner.removal(of: [fixture.reference("one"), fixture.reference("two")])
        let size = try await fixture.registry.pass().summary(of: fixture.name("one")).size
        #expect(both.impact.reclaimable == links(both) + size)
    }

    /// A stop counts between two targets only: the one that was begun is whole, the rest is not
    /// begun, and the journal has nothing to recover.
    @Test(.timeLimit(.minutes(15))) func aStoppedRemovalEndsItsTarget() async throws {
        let base = try ChangeFixture.inMemory()
        for name in ["a", "b", "c"] { try await base.push(name, tags: ["1"], layer: pattern(100)) }
        let recording = RecordingStore(base.store)
        let fixture = ChangeFixture(recording.underTest)
        let plan = try await fixture.planner.removal(of: ["a", "b", "c"].map { try fixture.reference($0) })
        let running = Mutex<Task<[ChangeResult], Never>?>(nil)
        recording.before { step in
            if step.write == 5 { running.withLock { $0?.cancel() } }
        }
        let task = running.withLock { running in
            let task = Task { await fixture.admin.apply(plan) }
            running = task
            return task
        }
        let results = await task.value
        #expect(results.map(\.outcome) == [.done, .skipped, .skipped])
        #expect(results.map(\.wasStopped) == [false, true, true])
        #expect(results[1].error == "stopped by you before it began")
        #expect(try await base.names() == ["b", "c"])
        let pending = try await base.driver.reader.pendingChanges(policy: base.driver.policy)
        #expect(!pending.contains { $0.state == .interrupted })
    }

    @Test func repeatedReferencesAreOneTarget() async throws {
        let fixture = try ChangeFixture.inMemory()
        let digest = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100))
        let (plan, results) = try await fixture.remove("app:a", "app", "app:b", "app@\(digest)", "app")
        #expect(plan.targets.map(\.reference.description) == ["app"])
        #expect(results.map(\.outcome) == [.done])
        #expect(try await fixture.names().isEmpty)
    }

    @Test(arguments: [
        "nothing", "app:nothing", "app@sha256:\(String(repeating: "0", count: 64))", "app/_manifests", "ap",
    ])
    func missingReferencesAreReported(_ text: String) async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a"], layer: pattern(100))
        guard let reference = ImageReference(text) else { return }
        await #expect(throws: ChangeError.notFound(reference)) { try await fixture.planner.removal(of: [reference]) }
    }

    @Test func planningWritesNothing() async throws {
        let base = try ChangeFixture.inMemory()
        try await base.push("app", tags: ["a"], layer: pattern(100))
        let recording = RecordingStore(base.store)
        let fixture = ChangeFixture(recording.underTest)
        _ = try await fixture.planner.removal(of: [fixture.reference("app")])
        _ = try await fixture.planner.move(from: fixture.reference("app"), to: fixture.reference("new"))
        #expect(recording.writeCount == 0)
        #expect(recording.count > 0)
    }

    @Test func anotherChunkSizeBlocksChanges() async throws {
        let store = try StoreUnderTest.inMemory()
        try await store.driver(chunkSize: 1024).putContent(path("/docker/file"), pattern(5000))
        let fixture = ChangeFixture(store)
        try await fixture.push("app", tags: ["a"], layer: pattern(100))
        let error = ChangeError.wrongChunkSize(assumed: 4 << 20, found: 1024)
        await #expect(throws: error) { try await fixture.planner.removal(of: [fixture.reference("app")]) }
        await #expect(throws: error) {
            try await fixture.planner.move(from: fixture.reference("app"), to: fixture.reference("new"))
        }
        #expect(error.description.contains("--chunk-size 1024"))
    }

    @Test func aTagPushedAgainStays() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 1))
        let plan = try await fixture.planner.removal(of: [fixture.reference("app:a")])
        try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 2))
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed])
        #expect(results[0].error?.contains("changed by another client") == true)
        #expect(try await fixture.tags("app") == ["a"])
    }

    @Test func aTagOverwrittenInPlaceIsPutBack() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 1))
        let other = try await fixture.push("app", tags: ["b"], layer: pattern(100, seed: 2))
        let plan = try await fixture.planner.removal(of: [fixture.reference("app:a")])
        let name = try fixture.name("app")
        let link = try #require(fixture.registry.paths.currentLink(name, tag: "a"))
        let blob = try await fixture.driver.reader.blob(link)
        try await fixture.store.set(blob.chunk(0), [.write(Array(other.string.utf8), at: 0)])
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed])
        #expect(try await fixture.tags("app") == ["a", "b"])
        #expect(try await fixture.registry.pass().tag("a", of: name).digest == other)
    }

    @Test func withoutPermissionTheFirstTargetFailsAndTheRestIsSkipped() async throws {
        let base = try ChangeFixture.inMemory()
        try await base.push("one", tags: ["a"], layer: pattern(100))
        try await base.push("two", tags: ["a"], layer: pattern(100))
        let recording = RecordingStore(base.store)
        recording.inject { step in
            step.operation.isWrite
                ? .failed(StoreError(.permissionDenied, operation: "change", errno: 1, reason: "not permitted")) : nil
        }
        let fixture = ChangeFixture(recording.underTest)
        let before = try await fixture.snapshot()
        let (_, results) = try await fixture.remove("one", "two")
        #expect(results.map(\.outcome) == [.failed, .skipped])
        #expect(results[0].error?.contains("not permitted") == true)
        #expect(try await fixture.snapshot() == before)
    }

    /// The journal's object cannot be created then. `PoolFaultTests` shows the same on a cluster.
    @Test func emptiedDirectoriesStayInAFullPoolWithANote() async throws {
        let recording = RecordingStore(try StoreUnderTest.inMemory())
        let fixture = ChangeFixture(recording.underTest)
        try await fixture.push("app", tags: ["v1", "v2"], layer: [1])
        recording.inject { step in
            guard step.operation.isWrite, step.operation.object == Journal.object else { return nil }
            return .failed(StoreError(.full, operation: "write", object: Journal.object, errno: 122, reason: "full"))
        }
        let full = try await fixture.remove("app:v1").results
        #expect(full.map(\.outcome) == [.done])
        #expect(full.flatMap(\.notes).contains { $0.hasPrefix("the emptied directories stay, since the pool is full") })
        #expect(try await !PoolCensus(fixture.driver.reader).hollow.isEmpty)

        recording.inject { _ in nil }
        #expect(try await fixture.remove("app:v1").results.map(\.outcome) == [.done])
        #expect(try await PoolCensus(fixture.driver.reader).hollow.isEmpty)
        #expect(try await fixture.tags("app") == ["v2"])
    }
}
