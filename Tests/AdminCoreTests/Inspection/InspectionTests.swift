import Foundation
import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

@Suite("Inspection: the chunks of a file, who needs it") struct BlobInspectorTests {
    @Test("the big layer of the fixture: three chunks, as they should be")
    func sound() async throws {
        let registry = try await MemoryPool.fixture().registry
        let subject = try #require(BlobSubject(FixtureRegistryTests.baseLayer))
        let report = try await BlobInspector(registry: registry).report(on: subject)
        #expect(report.layout.chunks.map(\.length) == [4_194_304, 4_194_304, 622_592])
        #expect(report.layout.size == 9_011_200)
        #expect(report.state == .ok)
        #expect(report.placements == [nil, nil, nil])
        #expect(report.digest?.string == FixtureRegistryTests.baseLayer)
        let byPath = try await BlobInspector(registry: registry).report(on: .path(report.path))
        #expect(byPath == report)
    }

    @Test("the resumed upload: chunks 0 and 1 long, chunk 2 missing")
    func damaged() async throws {
        let registry = try await MemoryPool.fixture().registry
        let inspector = BlobInspector(registry: registry)
        let digest = try #require(Digest("sha256:4fae62baceee3d5b590f65d90f5e11d90d364cc60dcd9f2d25bb41be30185250"))
        let report = try await inspector.report(on: .digest(digest))
        #expect(report.layout.chunks.map(\.state) == [.long, .long, .missing])
        #expect(report.layout.chunks.map(\.length) == [6_000_000, 4_805_696, nil])
        #expect(report.state == .damaged)
        let uses = try await inspector.uses(of: digest)
        #expect(uses.map(\.repository) == ["damaged/resumed"])
        #expect(uses.map(\.tag) == ["v1"])
    }

    @Test("a reference means its manifest; a whole repository has no chunks")
    func reference() async throws {
        let registry = try await MemoryPool.fixture().registry
        let inspector = BlobInspector(registry: registry)
        let report = try await inspector.report(on: try #require(BlobSubject("app/web:latest")))
        #expect(report.digest?.string == "sha256:11c79a8d5292416382bc213fa560c6dad4daae3e3f3f121ca8b6e13f873e5bbd")
        #expect(report.layout.size == 930)
        let same = try await inspector.report(
            on: try #require(
                BlobSubject("app/web@sha256:11c79a8d5292416382bc213fa560c6dad4daae3e3f3f121ca8b6e13f873e5bbd")))
        #expect(same == report)
        await #expect(throws: StorageError.self) {
            try await inspector.report(on: .reference(try #require(ImageReference("app/web"))))
        }
        for text in [
            "app/web:none", "nothing:latest", "app/web@\(FixtureRegistryTests.baseLayer)", "/no/such",
            "sha256:" + String(repeating: "0", count: 64),
        ] {
            let subject = try #require(BlobSubject(text))
            await #expect(
                performing: { try await inspector.report(on: subject) },
                throws: {
                    if case StorageError.notFound = $0 { true } else { false }
                })
        }
        #expect(BlobSubject("/a//b") == nil)
        #expect(BlobSubject("") == nil)
    }

    @Test("who needs a shared layer: every tag, and a manifest that no tag names")
    func uses() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.tag("a", "x", RegistryPool.digest(100))
        pool.tag("a", "y", RegistryPool.digest(100))
        pool.image("b/c", 200, layers: [1, 2])
        pool.image("d", 300, layers: [2])
        pool.tag("d", "z", RegistryPool.digest(300))
        let inspector = BlobInspector(registry: pool.registry)
        let uses = try await inspector.uses(of: RegistryPool.digest(1))
        #expect(uses.map { "\($0.repository) \($0.tag ?? "-")" } == ["a x", "a y", "b/c -"])
        #expect(uses.map(\.digest) == [100, 100, 200].map(RegistryPool.digest))
        #expect(try await inspector.uses(of: RegistryPool.digest(9)).isEmpty)
    }

    @Test("a blob without content is damaged, unless it is the empty one, and has a chunk that says so")
    func empty() async throws {
        var pool = RegistryPool()
        let empty = try #require(Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        pool.blob(empty, [])
        pool.blob(RegistryPool.digest(1), [])
        let inspector = BlobInspector(registry: pool.registry)
        #expect(try await inspector.report(on: .digest(empty)).state == .damaged)
        #expect(try await inspector.report(on: .digest(RegistryPool.digest(1))).state == .damaged)
        let blob = try #require(pool.pool.blob(RegistryPool.blobPath(empty)))
        pool.pool[blob.chunk(0).name.description].xattrs[TotalSize.xattr] = TotalSize.encode(0)
        #expect(try await BlobInspector(registry: pool.registry).report(on: .digest(empty)).state == .ok)
    }
}

@Suite("Inspection: the chunk size") struct ChunkSizeProbeTests {
    static func finding(_ sizes: [Int], written: UInt64, assumed: UInt64) async throws -> ChunkSizeFinding {
        var pool = MemoryPool()
        pool.chunkSize = written
        for (index, size) in sizes.enumerated() { pool.put("/f/\(index)", [UInt8](repeating: 1, count: size)) }
        return try await ChunkSizeProbe(storage: StorageReader(objects: pool.reader, chunkSize: assumed)).run()
    }

    @Test("the fixture was written with 4 MiB, whatever is assumed; the resumed upload has no say")
    func fixture() async throws {
        let pool = try await MemoryPool.fixture()
        let right = try await ChunkSizeProbe(storage: pool.storage).run()
        #expect(right.other == nil)
        #expect(right.votes == [4 << 20: 1])
        let wrong = try await ChunkSizeProbe(storage: StorageReader(objects: pool.reader, chunkSize: 1 << 20)).run()
        #expect(wrong.other == 4 << 20)
        #expect(wrong.description.contains("4194304") && wrong.description.contains("1048576"))
    }

    @Test("files of one chunk say nothing; larger and smaller sizes are both found out")
    func sizes() async throws {
        #expect(try await Self.finding([10, 100], written: 100, assumed: 64).votes.isEmpty)
        #expect(try await Self.finding([250, 101], written: 100, assumed: 64).other == 100)
        #expect(try await Self.finding([250, 101], written: 100, assumed: 400).other == 100)
        #expect(try await Self.finding([250, 101], written: 100, assumed: 100).other == nil)
        #expect(try await Self.finding([], written: 100, assumed: 64).other == nil)
    }

    @Test("a majority decides, a tie does not; no more than 32 files are asked")
    func majority() async throws {
        var pool = MemoryPool()
        func other(_ pool: MemoryPool) async throws -> UInt64? {
            try await ChunkSizeProbe(storage: StorageReader(objects: pool.reader, chunkSize: 64)).run().other
        }
        pool.chunkSize = 64
        pool.put("/a", [UInt8](repeating: 1, count: 200))
        pool.chunkSize = 100
        pool.put("/b", [UInt8](repeating: 1, count: 300))
        #expect(try await other(pool) == nil)
        pool.put("/c", [UInt8](repeating: 1, count: 300))
        #expect(try await other(pool) == 100)
        let many = try await Self.finding(Array(repeating: 130, count: 200), written: 100, assumed: 100)
        #expect(many.votes == [100: 32])
    }

    @Test("the overview of the fixture")
    func overview() async throws {
        let overview = try await Overview.read(MemoryPool.fixture().registry, journal: JournalPolicy(delay: 0))
        #expect((overview.repositories, overview.tags, overview.uploads) == (12, 19, 2))
        #expect(overview.chunkSize.other == nil)
    }
}

@Suite("Inspection: why a blob is there") struct BlobExplanationTests {
    static let digest = RegistryPool.digest

    @Test("every way: through an index in an index, as a manifest itself, without a tag")
    func ways() async throws {
        let inspector = BlobInspector(registry: try RegistrySweepTests.mixed().registry)
        let deep = try await inspector.explain(Self.digest(3))
        #expect(deep.state == .needed && deep.size == 100)
        #expect(deep.uses.first?.tag == "deep")
        #expect(deep.uses.first?.path == [130, 120, 110].map(Self.digest))
        #expect(deep.linkedIn.isEmpty)
        let shared = try await inspector.uses(of: Self.digest(1))
        #expect(Set(shared.map(\.repository)) == ["a", "b/c"])
        #expect(shared.filter { $0.repository == "b/c" }.map(\.path) == [[Self.digest(200)]])
        #expect(shared.filter { $0.repository == "b/c" }.map(\.tag) == [nil])
        let itself = try await inspector.uses(of: Self.digest(210))
        #expect(itself.map(\.tag) == ["x", "y"])
        #expect(itself.allSatisfy { $0.path.isEmpty && $0.digest == Self.digest(210) })
    }

    @Test("garbage, with a link that needs nothing; only in the trash; in quarantine; nowhere")
    func garbage() async throws {
        var pool = try RegistrySweepTests.mixed()
        pool.blob(Self.digest(8), [1, 2, 3])
        pool.linkLayer("b/c", Self.digest(8))
        pool.image("gone", 400, layers: [41])
        let link = RegistryPool.revisionLink("gone", Self.digest(400))
        pool.pool.makeDirectory("/docker/registry/regtop-trash/1")
        pool.pool["/docker/registry/regtop-trash/1"].omap[Holding.key(try StoragePath(link))] =
            try #require(pool.pool.blob(link)).value
        pool.pool.unlink(link)
        let place = RegistryPool.blobPath(Self.digest(9))
        let taken = pool.blob(Self.digest(9), [1])
        pool.pool.makeDirectory("/docker/registry/regtop-quarantine/q")
        pool.pool["/docker/registry/regtop-quarantine/q"].omap[Holding.key(try StoragePath(place))] = taken.value
        pool.pool.unlink(place)

        let inspector = BlobInspector(registry: pool.registry)
        let garbage = try await inspector.explain(Self.digest(8))
        #expect(garbage.state == .unreferenced && garbage.size == 3 && garbage.uses.isEmpty)
        #expect(garbage.linkedIn == ["b/c"])
        let trash = try await inspector.explain(Self.digest(41))
        #expect(trash.state == .trash && trash.trash == ["1"])
        let quarantine = try await inspector.explain(Self.digest(9))
        #expect(quarantine.state == .quarantine && quarantine.quarantine == ["q"])
        #expect(try await inspector.explain(Self.digest(999)).state == .missing)
    }
}
