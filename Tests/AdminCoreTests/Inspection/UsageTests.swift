import Synchronization
import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// A separate program computed the numbers from the pool's JSON lines and shares no code with
/// regtop. It decodes the omaps, follows each revision link and tag to its manifest, takes the
/// digests that the manifest names (and, for schema 1, the signatures that the revision links), and
/// counts the `total-size` of each blob once. The numbers appear here as sums of blob sizes.
@Suite("Usage: the fixture") struct FixtureUsageTests {
    private struct Row: Equatable {
        let name: String
        let blobs: Int
        let size: UInt64
        let unique: UInt64
    }

    /// 9,011,200 bytes are the base layer. app/web, library/alpine, stale/never-touched and
    /// team/x/deep share it, so it is unique to none of them.
    private static let rows = [
        Row(
            name: "app/web", blobs: 11, size: 9_011_200 + 106_817,
            unique: 71_680 + 3 * 10_240 + 930 + 930 + 726 + 663 + 663 + 505),
        Row(name: "damaged/resumed", blobs: 3, size: 9_000_869, unique: 9_000_000 + 522 + 347),
        Row(name: "legacy/schema1", blobs: 5, size: 1947, unique: 434 + 434 + 405 + 405 + 269),
        Row(name: "library/alpine", blobs: 6, size: 9_011_200 + 12_340, unique: 10_240 + 726 + 522 + 505 + 347),
        Row(name: "multi/arch", blobs: 7, size: 22_955, unique: 10_240 + 10_240 + 741 + 520 + 520 + 347 + 347),
        Row(name: "stale/layer-unlinked", blobs: 4, size: 21_709, unique: 10_240 + 10_240 + 724 + 505),
        // The repository has a layer of its own above the shared one, a manifest and a
        // configuration. Only a small part of its size is unique.
        Row(name: "stale/never-touched", blobs: 4, size: 9_011_200 + 11_471, unique: 10_240 + 726 + 505),
        Row(name: "stale/old-service", blobs: 0, size: 0, unique: 0),
        Row(name: "team/x/deep", blobs: 4, size: 9_011_200 + 11_471, unique: 10_240 + 726 + 505),
        Row(name: "uploads/empty", blobs: 0, size: 0, unique: 0),
        Row(name: "uploads/partial", blobs: 0, size: 0, unique: 0),
        Row(name: "upper-ok.name_1/a", blobs: 3, size: 11_107, unique: 10_240 + 520 + 347),
    ]

    @Test("every repository's size and its unique part; the whole registry, each blob once")
    func table() async throws {
        let usage = try await UsageInspector(registry: MemoryPool.fixture().registry).usage()
        #expect(
            usage.repositories.map { Row(name: $0.name.string, blobs: $0.blobs, size: $0.size, unique: $0.unique) }
                == FixtureUsageTests.rows)
        #expect(usage.blobs == 44)
        #expect(usage.size == 18_211_886)
        #expect(usage.shared == 9_011_200)
        #expect(usage.isComplete)
        #expect(usage.pool == nil)
    }

    @Test("every object of the pool is for something, and every byte is counted once")
    func pool() async throws {
        let pool = try await MemoryPool.fixture()
        let usage = try await UsageInspector(registry: pool.registry).usage(pool: true)
        let found = try #require(usage.pool)
        func share(_ purpose: PoolUsage.Purpose) -> [UInt64] {
            [UInt64(found[purpose].objects), found[purpose].bytes]
        }
        #expect(share(.directories) == [335, 0])
        #expect(share(.links) == [88, 6248])
        // The resumed upload has 6,000,000 bytes in chunk 0, and 4,805,696 in chunk 1.
        #expect(share(.surplus) == [0, 6_000_000 + 4_805_696 - 2 * 4_194_304])
        #expect(share(.referenced) == [47, 20_017_582 - 2_417_088])
        #expect(share(.unreferenced) == [4, 21_709])
        #expect(share(.uploads) == [6, 50_550])
        for purpose in [PoolUsage.Purpose.trash, .quarantine, .orphaned, .regtop, .foreign] {
            #expect(share(purpose) == [0, 0], "\(purpose)")
        }
        #expect(found.total.objects == pool.objects.count)
        #expect(found.total.bytes == pool.objects.values.reduce(0) { $0 + UInt64($1.data.count) })
        #expect(usage.isComplete)
    }

    @Test(
        "what the tags need alone: nothing where two name one manifest, the index only where its images have tags of their own"
    )
    func tags() async throws {
        let inspector = try await UsageInspector(registry: MemoryPool.fixture().registry)
        func sizes(_ name: RepositoryName) async throws -> [String: [UInt64]] {
            let items = try await inspector.detail(of: name).items
            return Dictionary(uniqueKeysWithValues: items.map { ($0.tag ?? "-", [$0.size, $0.unique]) })
        }
        #expect(
            try await sizes("app/web") == [
                "1.0": [9_094_713, 11_833], "1.1": [9_094_713, 0], "doomed": [9_022_671, 11_471],
                "latest": [9_094_713, 0],
            ])
        #expect(try await sizes("library/alpine")["3.1"] == [9_012_069, 869])
        #expect(try await sizes("legacy/schema1") == ["2.0": [1108, 839], "2.1": [1108, 839]])
        #expect(
            try await sizes("multi/arch") == [
                "latest": [22_955, 741], "tmp-amd64": [11_107, 0], "tmp-arm64": [11_107, 0],
            ])
        #expect(Set(try await sizes("stale/never-touched").values) == [[9_022_671, 0]])
        let deep = try await inspector.detail(of: "team/x/deep")
        #expect((deep.size, deep.unique) == (9_022_671, 11_471))
        #expect(deep.items.map(\.unique) == [11_471])
        #expect(deep.items.first?.blobs.map(\.size) == [9_011_200, 10_240, 726, 505])
        #expect(deep.items.first?.blobs.map(\.isUnique) == [false, true, true, true])
        #expect(deep.items.first?.blobs.map(\.isManifest) == [false, false, true, false])
        await #expect(throws: StorageError.self) { try await inspector.detail(of: "no/such") }
    }
}

@Suite("Usage") struct UsageTests {
    static let digest = RegistryPool.digest

    @Test("garbage, orphans, what only the trash needs, quarantine, foreign objects, regtop's own")
    func purposes() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.tag("a", "x", UsageTests.digest(100))
        pool.image("gone", 200, layers: [2])
        // As after a deletion: the links are in a holding, with the same identifiers.
        let link = RegistryPool.revisionLink("gone", UsageTests.digest(200))
        let trash = "/docker/registry/regtop-trash/1"
        pool.pool.makeDirectory(trash)
        let origin = try StoragePath(link)
        pool.pool[trash].omap[Holding.key(origin)] = try #require(pool.pool.blob(link)).value
        pool.pool.unlink(link)
        // As after a collection.
        let quarantine = "/docker/registry/regtop-quarantine/1"
        let doomed = pool.blob(UsageTests.digest(3), [UInt8](repeating: 1, count: 50))
        pool.pool.makeDirectory(quarantine)
        let path = try StoragePath(RegistryPool.blobPath(UsageTests.digest(3)))
        pool.pool[quarantine].omap[Holding.key(path)] = doomed.value
        pool.pool.unlink(path.string)
        pool.blob(UsageTests.digest(4), [UInt8](repeating: 1, count: 70))
        let orphan = pool.pool.put("/docker/registry/v2/lost", [UInt8](repeating: 1, count: 30))
        pool.pool.unlink("/docker/registry/v2/lost")
        pool.pool["benchmark_data"].data = [1, 2, 3]
        pool.pool.objects[Journal.object] = MemoryPool.Object(data: [1])
        pool.pool.objects[ObjectID("x", namespace: "else")] = MemoryPool.Object(data: [1, 2])

        let usage = try #require(try await UsageInspector(registry: pool.registry).usage(pool: true).pool)
        let config = UInt64(#"{"created":"\#(RegistryPool.created)","os":"linux","architecture":"amd64"}"#.utf8.count)
        func size(_ number: Int) -> UInt64 {
            let blob = pool.pool.blob(RegistryPool.blobPath(UsageTests.digest(number)))
            return blob.flatMap { pool.pool.objects[$0.chunk(0)] }.map { UInt64($0.data.count) } ?? 0
        }
        #expect(usage[.referenced].bytes == 100 + config + size(100))
        #expect(usage[.trash].bytes == 100 + config + size(200) + 71, "the link and what only it reaches")
        #expect(usage[.quarantine] == PoolUsage.Share(objects: 1, bytes: 50))
        #expect(usage[.unreferenced] == PoolUsage.Share(objects: 1, bytes: 70))
        #expect(usage[.orphaned] == PoolUsage.Share(objects: 1, bytes: 30))
        #expect(usage[.foreign] == PoolUsage.Share(objects: 2, bytes: 5))
        #expect(usage[.regtop].bytes == 1)
        #expect(usage.total.objects == pool.pool.objects.count)
        #expect(orphan.chunk(0).namespace.isEmpty)
    }

    @Test("an untagged image keeps its own; one that an index with a tag names is a part of that")
    func untagged() async throws {
        let detail = try await UsageInspector(registry: RegistrySweepTests.mixed().registry).detail(of: "b/c")
        #expect(detail.items.map(\.tag) == ["x", "y", nil])
        #expect(detail.items.map(\.digest) == [210, 210, 200].map(UsageTests.digest))
        #expect(detail.items[2].blobs.filter(\.isUnique).map(\.digest).contains(UsageTests.digest(4)))
        #expect(!detail.items[2].blobs.filter(\.isUnique).map(\.digest).contains(UsageTests.digest(1)), "a needs it")
        #expect(detail.items[0].unique == 0)
        let index = try await UsageInspector(registry: RegistrySweepTests.mixed().registry).detail(of: "a")
        #expect(index.items.map(\.tag) == ["deep"])
    }

    @Test("a tag named _uploads is no upload") func tagsNamedLikeADirectory() async throws {
        var pool = RegistryPool()
        pool.image("a", 1, layers: [2])
        pool.tag("a", "_uploads", UsageTests.digest(1))
        let usage = try await UsageInspector(registry: pool.registry).usage(pool: true)
        let found = try #require(usage.pool)
        #expect(found[.uploads].objects == 0)
        #expect(found[.links].objects > 0)
    }

    @Test("two untagged indexes that name each other count as one thing, not as none")
    func ring() async throws {
        var pool = RegistryPool()
        pool.manifest("a", UsageTests.digest(1), RegistryPool.listDocument([(2, "amd64")]))
        pool.manifest("a", UsageTests.digest(2), RegistryPool.listDocument([(1, "amd64")]))
        let detail = try await UsageInspector(registry: pool.registry).detail(of: "a")
        #expect(detail.items.map(\.digest) == [UsageTests.digest(1)])
        #expect(detail.items.first?.unique == detail.size)
    }

    @Test("a manifest that cannot be read is counted, and what is known of it")
    func unread() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.manifest("a", UsageTests.digest(7), "{")
        let row = try #require(try await UsageInspector(registry: pool.registry).usage().repositories.first)
        #expect(row.unread == 1)
        #expect(row.blobs == 4)
    }

    @Test("stopped half-way it keeps what it has, and says that it is a part")
    func stopped() async throws {
        var pool = RegistryPool()
        for index in 0..<400 {
            pool.image("r\(index)", 1000 + index * 10, layers: [index * 10 + 5, index * 10 + 6])
        }
        let registry = pool.registry
        let parts = Mutex<[Usage]>([])
        let running = Mutex<Task<Usage, any Error>?>(nil)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let task = Task {
            for await _ in gate { break }
            return try await UsageInspector(registry: registry).usage(pool: true) { progress in
                if progress.completed == 200 { running.withLock { $0?.cancel() } }
            } partial: { part in
                parts.withLock { $0.append(part) }
            }
        }
        running.withLock { $0 = task }
        open.yield()
        let usage = try await task.value
        #expect(!usage.isComplete)
        #expect(usage.size > 0)
        let whole = try await UsageInspector(registry: registry).usage()
        let seen = parts.withLock { $0 }
        #expect(whole.isComplete && whole.size > 0)
        #expect(seen.allSatisfy { !$0.isComplete && $0.size <= whole.size })
        #expect(seen.count >= 5)
        #expect(usage.size <= whole.size)
    }

    /// The bytes behind the end of a chunk have a row of their own, and the blobs have their sizes.
    @Test(
        "surplus bytes count apart",
        arguments: [
            (Specimen.zeroFilled, 0, (4 << 20) + 6_144 - 20_480), (.overwrittenShorter, 1, (4 << 20) + 20_480),
            (.pushedTwice, 0, 0),
        ]) func surplus(_ specimen: Specimen, _ objects: Int, _ bytes: UInt64) async throws
    {
        let usage = try await UsageInspector(registry: SampleStore([specimen]).registry).usage(pool: true)
        #expect(usage.pool?[.surplus] == PoolUsage.Share(objects: objects, bytes: bytes))
        #expect(usage.pool?[.referenced].bytes == usage.size)
    }
}
