import Testing

@testable import AdminCore

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
