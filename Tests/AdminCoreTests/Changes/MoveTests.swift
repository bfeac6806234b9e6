import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

@Suite struct MoveTests {
    @Test func aRepositoryMovesWithoutRepositoriesBelowIt() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["v1", "v2"], layer: pattern(100, seed: 1))
        try await fixture.push("a/x", tags: ["v1"], layer: pattern(100, seed: 2))
        let before = try await fixture.snapshot()
        let image = try await fixture.registry.pass().image(fixture.reference("a:v1"))
        #expect(try await fixture.move("a", to: "c/d").map(\.outcome) == [.done])
        #expect(try await fixture.names() == ["a/x", "c/d"])
        let after = try await fixture.snapshot()
        let below: ByteString = "/docker/registry/v2/repositories/a/x"
        #expect(after.below(below) == before.below(below))
        #expect(after.below("blob:") == before.below("blob:"), "no data moves, identifiers stay")
        let moved = try await fixture.registry.pass().image(fixture.reference("c/d:v1"))
        #expect(moved.digest == image.digest)
        #expect(moved.state == .ok)
        #expect(moved.layers == image.layers)
        #expect(try await fixture.move("c/d", to: "a").map(\.outcome) == [.done])
        #expect(try await fixture.snapshot() == before, "there and back is where it was")
    }

    @Test func aMoveToAnExistingRepositoryIsRefused() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        try await fixture.push("b", tags: ["v1"], layer: pattern(100, seed: 2))
        try await fixture.push("b/c", tags: ["v1"], layer: pattern(100, seed: 2))
        let before = try await fixture.snapshot()
        for force in [false, true] {
            await #expect(throws: ChangeError.destinationExists(try fixture.reference("b"))) {
                try await fixture.move("a", to: "b", force: force)
            }
        }
        #expect(try await fixture.snapshot() == before)
    }

    @Test func aRepositoryMovesBelowItselfAndBack() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        #expect(try await fixture.move("a", to: "a/b").map(\.outcome) == [.done])
        #expect(try await fixture.names() == ["a/b"])
        #expect(try await fixture.move("a/b", to: "a").map(\.outcome) == [.done])
        #expect(try await fixture.names() == ["a"])
    }

    @Test func aTagMovesWithinItsRepository() async throws {
        let fixture = try ChangeFixture.inMemory()
        let first = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        let second = try await fixture.push("app", tags: ["c"], layer: pattern(100, seed: 2))
        let name = try fixture.name("app")
        #expect(try await fixture.move("app:a", to: "app:new").map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["b", "c", "new"])
        #expect(try await fixture.registry.pass().tag("new", of: name).digest == first)
        await #expect(throws: ChangeError.destinationExists(try fixture.reference("app:c"))) {
            try await fixture.move("app:b", to: "app:c")
        }
        #expect(try await fixture.move("app:b", to: "app:c", force: true).map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["c", "new"])
        #expect(try await fixture.registry.pass().tag("c", of: name).digest == first)
        #expect(try await fixture.registry.pass().revisions(of: name).sorted() == [first, second].sorted())
        // Both tags have the first manifest in their index: the destination keeps its own link.
        #expect(try await fixture.move("app:new", to: "app:c", force: true).map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["c"])
        let objects = try await fixture.snapshot().objects.keys.map(\.description)
        #expect(!objects.contains { $0.contains("tags/new") })
    }

    /// The log says which manifest a replaced tag named, and a copy of that manifest is the way
    /// back.
    @Test(arguments: [PlanAction.move, .copy]) func theLogSaysWhatAReplacedTagNamed(_ action: PlanAction) async throws {
        let fixture = try ChangeFixture.inMemory()
        let new = try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 1))
        let old = try await fixture.push("app", tags: ["b"], layer: pattern(100, seed: 2))
        let (from, to) = (try fixture.reference("app:a"), try fixture.reference("app:b"))
        let plan: any Plan =
            action == .move
            ? try await fixture.planner.move(from: from, to: to, force: true)
            : try await fixture.planner.copy(from: from, to: to, force: true)
        #expect(plan.notes.contains { $0.contains(old.string) && $0.contains(new.string) })
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        let log = AuditLogReader(storage: fixture.driver.reader)
        let entry = try #require(try await log.latest(1, now: fixture.store.clock.now).first)
        #expect(entry.targets == ["app:a to app:b, which named \(old) and names \(new)"])
        let back = try await fixture.planner.copy(from: fixture.reference("app@\(old)"), to: to, force: true)
        #expect(await fixture.admin.apply(back).map(\.outcome) == [.done])
        #expect(try await fixture.registry.pass().tag("b", of: fixture.name("app")).digest == old)
    }

    /// The tag that a move or a copy replaces can be restored under another name, and under its own
    /// once that is free again.
    @Test(arguments: [PlanAction.move, .copy]) func aReplacedTagGoesToTheTrash(_ action: PlanAction) async throws {
        let fixture = try ChangeFixture.inMemory()
        let old = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 2))
        let before = try await fixture.snapshot()
        let (from, to) = (try fixture.reference("app:a"), try fixture.reference("app:b"))
        let plan: any Plan =
            action == .move
            ? try await fixture.planner.move(from: from, to: to, force: true)
            : try await fixture.planner.copy(from: from, to: to, force: true)
        let result = try #require(await fixture.admin.apply(plan).first)
        let item = try #require(try await fixture.trashItems.first)
        #expect(result.trash?.string == item.id)
        #expect(item.name == "app:b" && item.kind == .tag)
        await #expect(throws: ChangeError.nameTaken("app:b", id: item.id)) { try await fixture.restore([item.id]) }
        if action == .move {
            #expect(try await fixture.move("app:b", to: "app:a").map(\.outcome) == [.done])
            #expect(try await fixture.restore([item.id]).map(\.outcome) == [.done])
            let differences = try await fixture.snapshot().differences(to: before).filter { !$0.contains("regtop:") }
            #expect(differences.isEmpty, "\(differences)")
        } else {
            #expect(try await fixture.restore([item.id], as: "app:c").map(\.outcome) == [.done])
            #expect(try await fixture.registry.pass().image(fixture.reference("app:c")).digest == old)
        }
    }

    /// In a damaged pool two links of the replaced tag are one file: each is replaced by the link
    /// that gets its place.
    @Test func linksOfAReplacedTagThatAreOneFileAreReplacedByPlace() async throws {
        let fixture = try ChangeFixture.inMemory()
        let digest = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        let name = try fixture.name("app")
        func index(_ tag: String) throws -> StoragePath {
            try #require(fixture.registry.paths.indexLink(name, tag: tag, digest))
        }
        let reader = fixture.driver.reader
        let current = try await reader.blob(#require(fixture.registry.paths.currentLink(name, tag: "b")))
        let (new, place) = (try await reader.blob(index("a")), try index("b"))
        try await fixture.store.set(
            StorageReader.directory(place.parent), [.setOmap([ByteString(place.name): current.value])])
        #expect(try await fixture.move("app:a", to: "app:b", force: true).map(\.outcome) == [.done])
        #expect(try await reader.blob(place) == new)
        #expect(try await fixture.registry.pass().tag("b", of: name).digest == digest)
    }

    @Test(arguments: [
        ("app", "app:b"), ("app:a", "app"), ("app:a", "other:a"), ("app", "app"), ("app:a", "app:a"),
        ("app@sha256:\(String(repeating: "0", count: 64))", "app:b"),
    ])
    func unsuitableSourcesAndDestinationsAreRefused(_ source: String, _ destination: String) async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a"], layer: pattern(100))
        do {
            _ = try await fixture.move(source, to: destination)
            Issue.record("expected an error")
        } catch ChangeError.unsuitable(let why) {
            #expect(!why.isEmpty)
        }
    }

    @Test func aDestinationCreatedAfterThePlanStopsTheMove() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        let plan = try await fixture.planner.move(from: fixture.reference("a"), to: fixture.reference("b"))
        try await fixture.push("b", tags: ["v1"], layer: pattern(100, seed: 1))
        let before = try await fixture.snapshot()
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed])
        #expect(try await fixture.snapshot() == before)
    }

    @Test func aTagPushedAgainAfterThePlanMovesWithItsNewManifest() async throws {
        let base = try ChangeFixture.inMemory()
        try await base.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        let plan = try await base.planner.move(from: base.reference("a"), to: base.reference("b"))
        let name = try base.name("a")
        let link = try #require(base.registry.paths.currentLink(name, tag: "v1"))
        let blob = try await base.driver.reader.blob(link)
        // The old registry pushes v1 again: it writes new links, then overwrites the tag's link in
        // place, under the same identifier.
        let late = try await base.push("a", tags: [], layer: pattern(100, seed: 2))
        try await base.store.set(blob.chunk(0), [.write(Array(late.string.utf8), at: 0)])
        let results = await base.admin.apply(plan)
        #expect(results.map(\.outcome) == [.done])
        #expect(results[0].notes == ["pushed anew meanwhile, and moved with what they name now: v1"])
        #expect(try await base.names() == ["b"])
        let image = try await base.registry.pass().image(base.reference("b:v1"))
        #expect(image.digest == late)
        #expect(image.state == .ok)
    }

    @Test func linksThatAppearAfterThePlanStayAndAreReported() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        let plan = try await fixture.planner.move(from: fixture.reference("a"), to: fixture.reference("b"))
        try await fixture.push("a", tags: ["late"], layer: pattern(100, seed: 2))
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.done])
        #expect(results[0].notes.first?.contains("appeared meanwhile and stay") == true)
        #expect(try await fixture.tags("a") == ["late"])
        #expect(try await fixture.tags("b") == ["v1"])
    }
}
