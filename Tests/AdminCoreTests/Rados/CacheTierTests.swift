#if RADOS
import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import RadosStore
@testable import Registry
@testable import StorageDriver
@testable import StoreDump

/// Pools with a cache tier, and pools with snapshots, on a real cluster.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct CacheTierTests {
    private let clock = TestClock()

    private func fixture(_ store: RadosStore, delay: TimeInterval = 0) -> ChangeFixture {
        let kind = StoreUnderTest(.rados, reader: store.reader, writer: store.writer)
        return ChangeFixture(kind, policy: clock.policy(delay: delay))
    }

    private func addTier(_ tier: String, to base: String, _ cluster: TestCluster) async throws {
        try await cluster.ceph("osd", "tier", "add", base, tier)
        try await cluster.ceph("osd", "tier", "cache-mode", tier, "writeback")
        try await cluster.ceph("osd", "tier", "set-overlay", base, tier)
        try await cluster.ceph("osd", "pool", "set", tier, "hit_set_type", "bloom")
    }

    private func removeTier(_ tier: String, from base: String, _ cluster: TestCluster) async throws {
        try await cluster.ceph("osd", "tier", "cache-mode", tier, "proxy")
        _ = try await CommandLineTool.run(
            "rados", ["-c", cluster.conf, "-n", "client.admin", "-p", tier, "cache-flush-evict-all"])
        try await cluster.ceph("osd", "tier", "remove-overlay", base)
        try await cluster.ceph("osd", "tier", "remove", base, tier)
    }

    private func expectRefusal(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: StoreError.self, "\(what)", sourceLocation: sourceLocation) {
            try await body()
        }
        #expect(error?.kind == .incomplete, "\(what): \(error as Any)", sourceLocation: sourceLocation)
        #expect(
            error?.reason.contains("ceph osd tier remove") == true, "\(what): \(error as Any)",
            sourceLocation: sourceLocation)
    }

    /// The contents of all files in the tree.
    private func contents(_ fixture: ChangeFixture) async throws -> [String] {
        var contents: [String] = []
        for file in try await fixture.driver.reader.walk(.root).compactMap(\.file) {
            contents.append("\(Digest.sha256(of: try await fixture.driver.reader.content(file.path)))")
        }
        return contents.sorted()
    }

    @Test func nothingIsFreedFromAListingBehindATier() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withPool { base in
            try await cluster.withPool { tier in
                let store = try await RadosStore.open(cluster.options(pool: base))
                let fixture = fixture(store)
                try await fixture.push("early", tags: ["1"], layer: pattern(5000))
                let loose = pattern(3000, seed: 9)
                try await fixture.driver.putContent(fixture.registry.paths.blob(.sha256(of: loose)), loose)
                let collection = CollectionOptions(grace: 0, maxShare: 100, caches: .offline)
                let old = try await fixture.admin.collection(collection)
                #expect(old.items(.quarantine).count == 1)

                try await addTier(tier, to: base, cluster)
                try await expectWorking(fixture, base: base, tier: tier, cluster)
                let before = try await contents(fixture)
                // A plan from before the tier frees nothing either.
                let results = await fixture.admin.apply(old)
                #expect(results.map(\.outcome) == [.done, .failed], "\(results)")
                #expect(results.last?.error?.contains("cache tier") == true, "\(results)")
                try await expectRefusals(fixture, collection)
                #expect(try await contents(fixture) == before)

                try await removeTier(tier, from: base, cluster)
                let plan = try await fixture.admin.collection(collection)
                #expect(await fixture.admin.apply(plan).allSatisfy { $0.outcome == .done }, "\(plan.obstacles)")
                #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
                let states = try await fixture.registry.pass().summaries(of: fixture.registry.repositoryNames()).map(
                    \.state)
                #expect(states.count == 2 && states.allSatisfy { $0 == .ok }, "\(states)")
                await store.close()
            }
        }
    }

    /// Operations by name work: a tag that is only in the tier is pushed, shown, deleted, restored
    /// and renamed.
    private func expectWorking(
        _ fixture: ChangeFixture, base: String, tier: String, _ cluster: TestCluster
    ) async throws {
        let status = try await fixture.store.reader.status()
        #expect(status.tiering == .base([.init(name: tier, mode: "writeback")]), "\(status)")
        let digest = try await fixture.push("late", tags: ["1"], layer: pattern(9000, seed: 2))
        let manifest = try await fixture.driver.reader.blob(fixture.registry.paths.blob(digest)).chunk(0)
        var listed: [ObjectID] = []
        for cursor in try await fixture.store.reader.sample(.all, slices: 1) {
            while let page = try await cursor.next() { listed += page }
        }
        #expect(!listed.contains(manifest), "it is in the tier only")
        #expect(try await fixture.registry.pass().tags(of: fixture.name("late")).map(\.state) == [.ok])
        let trashed = try await fixture.trash("late")
        #expect(trashed.map(\.outcome) == [.done], "\(trashed)")
        let restored = try await fixture.restore(TrashReader(registry: fixture.registry).ids())
        #expect(restored.map(\.outcome) == [.done], "\(restored)")
        let moved = try await fixture.move("late", to: "later")
        #expect(moved.map(\.outcome) == [.done], "\(moved)")
        let removed = try await fixture.remove("early").results
        #expect(removed.map(\.outcome) == [.done], "\(removed)")
        try await fixture.push("early", tags: ["1"], layer: pattern(5000))
        _ = try await Overview.read(fixture.registry, journal: JournalPolicy(delay: 0))

        // A search without -p finds only the base. The tier cannot be opened by its name.
        let connected = try await RadosCluster.connect(cluster.options())
        let found = try await connected.poolsHolding(StorageReader.directory(fixture.registry.paths.repositories))
        await connected.close()
        #expect(found.found.contains(base) && !found.found.contains(tier), "\(found)")
        let error = await #expect(throws: StoreError.self) {
            _ = try await RadosStore.open(cluster.options(pool: tier))
        }
        #expect(error?.reason.contains("-p \(base)") == true, "\(error as Any)")
    }

    private func expectRefusals(_ fixture: ChangeFixture, _ options: CollectionOptions) async throws {
        await expectRefusal("gc") { _ = try await fixture.admin.collection(options) }
        await expectRefusal("gc --dry-run") { _ = try await fixture.planner.collection(options) }
        await expectRefusal("looking for references") { _ = try await fixture.driver.prover.references(to: []) }
        await expectRefusal("orphans") { _ = try await fixture.driver.freeUnreferenced() }
        await expectRefusal("dump") {
            _ = try await StoreDump.write(from: fixture.store.reader, to: MemorySink())
        }
        #expect(try await fixture.store.reader.read(.stat, of: Journal.object) == nil, "not even a mark is written")
        let report = await Fsck(registry: fixture.registry).run()
        #expect(report.stopped?.contains("cache tier") == true && report.problems.isEmpty, "\(report)")
        let usage = try await UsageInspector(registry: fixture.registry).usage(pool: true)
        #expect(usage.pool == nil && usage.poolObstacle?.contains("cache tier") == true && usage.isComplete)
        #expect(try await fixture.trash("later").map(\.outcome) == [.done])
        let emptied = try await fixture.empty()
        #expect(emptied.map(\.outcome) == [.failed], "\(emptied)")
        let ids = try await TrashReader(registry: fixture.registry).ids()
        #expect(try await fixture.restore(ids).map(\.outcome) == [.done], "all of it can be restored still")
    }

    /// An erasure-coded pool holds no omaps, but its tier does.
    @Test func anErasureCodedBaseHoldsARegistry() async throws {
        try await TestCluster.with("--osds", "3") { cluster in
            try await cluster.ceph(
                "osd", "erasure-code-profile", "set", "two", "k=2", "m=1", "crush-failure-domain=osd")
            try await cluster.ceph("osd", "pool", "create", "base", "1", "1", "erasure", "two")
            try await cluster.createPool("hot")
            await #expect(throws: StoreError.self) { _ = try await RadosStore.open(cluster.options(pool: "base")) }
            try await addTier("hot", to: "base", cluster)
            try await TestCluster.withOpen(cluster.options(pool: "base")) { store in
                let fixture = fixture(store)
                try await fixture.push("app", tags: ["1"], layer: pattern(5000))
                #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok])
                await expectRefusal("gc") { _ = try await fixture.admin.collection(CollectionOptions()) }
            }
            let connected = try await RadosCluster.connect(cluster.options())
            let found = try await connected.poolsHolding(StorageReader.directory(RegistryPaths().repositories))
            await connected.close()
            #expect(found.found == ["base"], "\(found)")
        }
    }

    /// A removed object with a copy in a snapshot does not exist; the plan says that its space
    /// stays in use.
    @Test func snapshotsKeepTheSpaceAndShowNoObjects() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withPool { pool in
            try await TestCluster.withOpen(cluster.options(pool: pool)) { store in
                let fixture = fixture(store)
                try await fixture.push("app", tags: ["1"], layer: pattern(5000))
                let content = pattern(3000, seed: 9)
                let loose = fixture.registry.paths.blob(.sha256(of: content))
                try await fixture.driver.putContent(loose, content)
                let chunk = try await fixture.driver.reader.blob(loose).chunk(0)
                let options = CollectionOptions(grace: 0, maxShare: 100, caches: .offline)
                #expect(try await !fixture.admin.collection(options).notes.contains { $0.contains("snapshot") })
                try await cluster.ceph("osd", "pool", "mksnap", pool, "before")
                #expect(try await store.reader.status().snapshots == ["before"])
                let plan = try await fixture.admin.collection(options)
                #expect(plan.notes.contains { $0.contains("a snapshot, before") }, "\(plan.notes)")
                #expect(await fixture.admin.apply(plan).allSatisfy { $0.outcome == .done })
                #expect(try await store.reader.read(.everything, of: chunk) == nil)
                // Listings still name the object.
                let report = await Fsck(registry: fixture.registry).run()
                #expect(report.stopped == nil && report.problems.isEmpty, "\(report.problems)")
                let next = try await fixture.admin.collection(options)
                #expect(next.parts.isEmpty && next.obstacles.isEmpty, "\(next)")
                try await cluster.ceph("osd", "pool", "rmsnap", pool, "before")
            }
        }
    }
}
#endif
