import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Deletion into the trash, restoration and emptying.
@Suite struct TrashTests {
    private static let trash: ByteString = "/docker/registry/regtop-trash"

    private func fixture() async throws -> ChangeFixture {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        try await fixture.push("app", tags: ["c"], layer: pattern(200, seed: 2))
        try await fixture.push("app/below", tags: ["v1"], layer: pattern(100, seed: 3))
        return fixture
    }

    @Test(arguments: ["app", "app:a", "app/below"])
    func aRestorationBringsBackTheSameState(_ name: String) async throws {
        let fixture = try await fixture()
        let before = try await fixture.snapshot()
        let results = try await fixture.trash(name)
        #expect(results.map(\.outcome) == [.done])
        let id = try #require(results[0].trash)
        let item = try #require(try await fixture.trashItems.first)
        #expect(item.id == id.string && item.name == name)
        #expect(item.kind == (name.contains(":") ? .tag : .repository))
        let deleted = try await fixture.snapshot()
        #expect(deleted.below("blob:") == before.below("blob:"), "no chunk is touched")
        #expect(deleted != before)
        #expect(try await fixture.restore([item.id]).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [], "identifiers included")
        #expect(try await fixture.trashItems.isEmpty)
    }

    @Test func aRevisionComesBackWithItsTags() async throws {
        let fixture = try await fixture()
        let before = try await fixture.snapshot()
        let digest = try await #require(fixture.registry.pass().tag("a", of: "app").digest)
        let id = try #require(try await fixture.trash("app@\(digest)").first?.trash)
        #expect(try await fixture.tags("app") == ["c"])
        #expect(try await fixture.trashItems.map(\.kind) == [.revision])
        #expect(try await fixture.restore([id.string]).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [])
    }

    @Test func restoringATagWithoutItsManifestIsNoted() async throws {
        let fixture = try await fixture()
        let tag = try #require(try await fixture.trash("app:c").first?.trash).string
        #expect(try await fixture.planner.restoration(of: [tag]).notes.isEmpty)
        _ = try await fixture.trash("app")
        #expect(
            try await fixture.planner.restoration(of: [tag]).notes.contains {
                $0.contains("does not hold the manifest")
            })
    }

    /// A claim that cannot be completed would block every other change.
    @Test func aFileInTheWayStopsARestorationBeforeItsClaims() async throws {
        let fixture = try await fixture()
        let id = try #require(try await fixture.trash("app/below").first?.trash).string
        try await fixture.driver.delete(fixture.registry.paths.repository(fixture.name("app")))
        try await fixture.driver.putContent(fixture.registry.paths.repository(fixture.name("app")), [1])
        #expect(try await fixture.restore([id]).map(\.outcome) == [.failed])
        #expect(try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy).isEmpty)
        #expect(try await fixture.trashItems.map(\.id) == [id])
    }

    @Test func idsSortByTimeAndAreShort() throws {
        let moment = Date(timeIntervalSince1970: 1_795_563_901)
        let ids = TrashID.make(count: 20_000, at: moment).map(\.string)
        #expect(ids == ids.sorted() && Set(ids).count == ids.count)
        #expect(ids[0].hasPrefix("20261124-234501-"))
        #expect(ids[0].utf8.count == 20)
        #expect(ids.allSatisfy(StoragePath.isValid(component:)))
    }

    @Test func restoringATakenRepositoryNameNeedsAnotherName() async throws {
        let fixture = try await fixture()
        let image = try await fixture.registry.pass().image(fixture.reference("app:c"))
        let id = try #require(try await fixture.trash("app").first?.trash).string
        try await fixture.push("app", tags: ["c"], layer: pattern(50, seed: 9))
        let error = ChangeError.nameTaken("app", id: id)
        await #expect(throws: error) { try await fixture.restore([id]) }
        #expect(error.description.contains("--to"))
        await #expect(throws: ChangeError.destinationExists(try fixture.reference("app/below"))) {
            try await fixture.restore([id], as: "app/below")
        }
        #expect(try await fixture.restore([id], as: "old/app").map(\.outcome) == [.done])
        #expect(try await fixture.tags("old/app") == ["a", "b", "c"])
        let restored = try await fixture.registry.pass().image(fixture.reference("old/app:c"))
        #expect(restored.digest == image.digest && restored.state == .ok)
        #expect(try await fixture.tags("app") == ["c"], "the new one is as it was pushed")
        #expect(try await fixture.trashItems.isEmpty)
    }

    @Test func restoringATakenTagNeedsAnotherTag() async throws {
        let fixture = try await fixture()
        let digest = try await fixture.registry.pass().tag("a", of: "app").digest
        let id = try #require(try await fixture.trash("app:a").first?.trash).string
        try await fixture.push("app", tags: ["a"], layer: pattern(50, seed: 9))
        await #expect(throws: ChangeError.nameTaken("app:a", id: id)) { try await fixture.restore([id]) }
        for name in ["other:a", "app", "app/below:x"] {
            await #expect(throws: ChangeError.self) { try await fixture.restore([id], as: name) }
        }
        #expect(try await fixture.restore([id], as: "app:old").map(\.outcome) == [.done])
        #expect(try await fixture.registry.pass().tag("old", of: "app").digest == digest)
    }

    @Test func aTagOverwrittenInPlaceStays() async throws {
        let fixture = try await fixture()
        let plan = try await fixture.planner.removal(of: [fixture.reference("app:a")])
        let other = try await fixture.registry.pass().tag("c", of: "app").digest
        let link = try #require(fixture.registry.paths.currentLink("app", tag: "a"))
        let blob = try await fixture.driver.reader.blob(link)
        try await fixture.store.set(blob.chunk(0), [.write(Array(try #require(other).string.utf8), at: 0)])
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed])
        #expect(results[0].error?.contains("changed by another client") == true)
        #expect(try await fixture.registry.pass().tag("a", of: "app").digest == other)
    }

    @Test func linksThatAppearAfterThePlanStayAndAreReported() async throws {
        let fixture = try await fixture()
        let plan = try await fixture.planner.removal(of: [fixture.reference("app")])
        try await fixture.push("app", tags: ["late"], layer: pattern(100, seed: 7))
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.done])
        #expect(results[0].notes.contains { $0.contains("appeared meanwhile and stay") })
        #expect(try await fixture.tags("app") == ["late"])
    }

    @Test func sizesSeparateSharedAndReclaimableBytes() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("one", tags: ["v1"], layer: pattern(1000, seed: 1))
        try await fixture.push("two", tags: ["v1"], layer: pattern(1000, seed: 1))
        let size = try await fixture.registry.pass().summary(of: "one").size
        let links: UInt64 = 5 * 71
        _ = try await fixture.trash("one")
        var item = try #require(try await fixture.trashItems.first)
        #expect(item.links == 5)
        #expect(item.bytes == size + links)
        #expect(item.reclaimable == links, "two needs all of it")
        _ = try await fixture.trash("two")
        for item in try await fixture.trashItems { #expect(item.reclaimable == links, "the other one keeps it") }
        #expect(try await fixture.planner.emptying().impact.reclaimable == size)
        let first = try #require(try await fixture.trashItems.last)
        #expect(try await fixture.admin.apply(fixture.planner.emptying(ids: [first.id])).map(\.outcome) == [.done])
        item = try #require(try await fixture.trashItems.first)
        #expect(item.reclaimable == size + links)
    }

    @Test func emptyingFreesLinksAndNoBlob() async throws {
        let fixture = try await fixture()
        let blobs = try await fixture.snapshot().below("/docker/registry/v2/blobs")
        _ = try await fixture.trash("app", "app/below:v1")
        let plan = try await fixture.planner.emptying()
        #expect(plan.targets.count == 2)
        let objects = try await fixture.snapshot().objects.count
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done, .done])
        let after = try await fixture.snapshot()
        #expect(after.below("/docker/registry/v2/blobs") == blobs)
        #expect(after.below(Self.trash).isEmpty)
        #expect(plan.impact.bytes == UInt64(plan.targets.reduce(0) { $0 + $1.entries.count }) * 71)
        let gone = objects - after.objects.count
        #expect(gone == plan.impact.objects + 1, "and the trash's own directory")
        #expect(try await PoolCensus(fixture.driver.reader).dangling.isEmpty)
    }

    @Test func emptyingBesideARegistryFreesOnlyOldHoldings() async throws {
        let clock = TestClock()
        let store = try StoreUnderTest.inMemory()
        let live = ChangeFixture(store, policy: clock.policy(delay: 1000))
        try await live.push("one", tags: ["v1"], layer: pattern(10, seed: 1))
        try await live.push("two", tags: ["v1"], layer: pattern(10, seed: 2))
        _ = try await live.trash("one")
        clock.advance(by: 600)
        _ = try await live.trash("two")
        #expect(try await live.planner.emptying().targets.isEmpty)
        #expect(try await live.planner.emptying().notes.contains { $0.contains("2 younger than") })
        clock.advance(by: 600)
        let plan = try await live.planner.emptying()
        #expect(plan.targets.map(\.item.name) == ["one"])
        #expect(await live.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await live.trashItems.map(\.name) == ["two"])
        let offline = ChangeFixture(store, policy: clock.policy(delay: 0))
        #expect(try await offline.planner.emptying(olderThan: 601).targets.isEmpty)
        #expect(try await offline.empty().map(\.outcome) == [.done])
        #expect(try await live.trashItems.isEmpty)
    }

    @Test func emptyingAfterARestorationChangesNothing() async throws {
        let fixture = try await fixture()
        let id = try #require(try await fixture.trash("app").first?.trash).string
        let plan = try await fixture.planner.emptying()
        let before = try await fixture.snapshot().below("blob:")
        #expect(try await fixture.restore([id]).map(\.outcome) == [.done])
        #expect(await fixture.admin.apply(plan).flatMap(\.notes) == ["it is gone already"])
        #expect(try await fixture.snapshot().below("blob:") == before)
        #expect(try await fixture.tags("app") == ["a", "b", "c"])
    }

    @Test func anUnreadableHoldingIsListedRestoredAndEmptied() async throws {
        let fixture = try await fixture()
        let before = try await fixture.snapshot()
        let id = try #require(try await fixture.trash("app").first?.trash).string
        let object = ObjectID(ByteString("\(Self.trash)/\(id)"))
        try await fixture.store.set(object, [.setXattr(name: Holding.xattr, value: Array("rubbish".utf8))])
        let item = try #require(try await fixture.trashItems.first)
        #expect(item.kind == .other && item.deleted == nil && item.links > 0)
        #expect(try await fixture.restore([id]).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [])
        let again = try #require(try await fixture.trash("app").first?.trash).string
        try await fixture.store.set(
            ObjectID(ByteString("\(Self.trash)/\(again)")),
            [.setXattr(name: Holding.xattr, value: Array("rubbish".utf8))])
        #expect(try await fixture.empty().map(\.outcome) == [.done])
        #expect(try await fixture.trashItems.isEmpty)
    }

    @Test func aDeletionInAFullPoolFailsWithAdvice() async throws {
        let recording = RecordingStore(try StoreUnderTest.inMemory())
        let fixture = ChangeFixture(recording.underTest)
        try await fixture.push("app", tags: ["v1", "v2"], layer: [1])
        let before = try await fixture.snapshot()
        recording.inject { step in
            guard step.operation.isWrite, let object = step.operation.object, object.namespace == "regtop" else {
                return nil
            }
            return .failed(StoreError(.full, operation: "write", object: object, errno: 122, reason: "full"))
        }
        let results = try await fixture.trash("app")
        #expect(results.map(\.outcome) == [.failed])
        #expect(results[0].kind == .full)
        #expect(results[0].error?.contains("--now") == true)
        #expect(try await fixture.snapshot() == before)
    }

    @Test func aRepairCanPutAnyFileIntoTheTrash() async throws {
        let fixture = try await fixture()
        let file = try path("/docker/registry/v2/strange/file")
        try await fixture.driver.putContent(file, pattern(10))
        let before = try await fixture.snapshot()
        let blob = try await fixture.driver.reader.blob(file)
        let deposit = TrashDeposit(
            name: "a strange file", kind: .other, stages: [[ChangePlan.Link(path: file, blob: blob)]],
            directories: [file.parent], floor: .root)
        let context = fixture.admin.context
        let id = try #require(context.trashIDs(count: 1).first)
        let counter = ProgressCounter(phase: "", total: nil, handler: nil)
        #expect(try await deposit.put(as: id, context, counter).stay.isEmpty)
        let item = try #require(try await fixture.trashItems.first)
        #expect(item.id == id.string && item.name == "a strange file" && item.kind == .other)
        #expect(try await fixture.restore([item.id]).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [])
    }

    /// The operations run concurrently: the number of dependent rounds does not grow with the
    /// links.
    @Test func thousandsOfLinksGoInFewRounds() async throws {
        let base = try ChangeFixture.inMemory()
        let tags = LongVariants.areOn ? 5000 : 300
        try await base.push("big", tags: (0..<tags).map { "t\($0)" }, layer: [1])
        let recording = RecordingStore(base.store)
        let fixture = ChangeFixture(recording.underTest)
        let results = try await fixture.trash("big")
        #expect(results.map(\.outcome) == [.done])
        #expect(recording.mostInFlight > 16)
        let item = try #require(try await fixture.trashItems.first)
        #expect(item.links == 2 * tags + 3)
        #expect(try await fixture.restore([item.id]).map(\.outcome) == [.done])
        #expect(try await base.tags("big").count == tags)
    }
}
