import Testing

@testable import Registry
@testable import StorageDriver

@Suite("Registry: pipelining") struct RegistryRoundsTests {
    @Test("a thousand repositories: at most 12 dependent rounds, at least 64 operations in flight")
    func rounds() async throws {
        var pool = RegistryPool()
        var expected: [RepositoryName] = []
        for index in 0..<1000 {
            let repository = "team\(index / 25)/service\(index % 25)"
            let number = 1_000_000 + index * 10
            pool.image(repository, number, layers: [1, 2, 3 + index])
            pool.image(repository, number + 2, layers: [1, 2])
            pool.tag(repository, "latest", RegistryPool.digest(number))
            pool.tag(repository, "1.0", RegistryPool.digest(number))
            pool.tag(repository, "0.9", RegistryPool.digest(number + 2))
            expected.append(try #require(RepositoryName(repository)))
        }
        pool.image("team0/service0", 90, layers: [5], architecture: "arm64")
        pool.manifest(
            "team0/service0", RegistryPool.digest(80), RegistryPool.listDocument([(90, "arm64"), (1_000_000, "amd64")]))
        pool.tag("team0/service0", "multi", RegistryPool.digest(80))

        let reader = LockstepReader(pool.pool.reader)
        let registry = RegistryReader(storage: StorageReader(objects: reader))
        let rows = try await reader.executor.run {
            let names = try await registry.repositoryNames()
            return try await registry.pass().summaries(of: names)
        }

        #expect(rows.map(\.name) == expected.sorted())
        #expect(rows.allSatisfy { $0.state == .ok })
        #expect(rows.first { $0.name == "team0/service0" }?.tags == 4)
        let rounds = reader.rounds
        #expect(rounds.count <= 12, "\(rounds)")
        #expect((rounds.max() ?? 0) >= 64, "\(rounds)")
    }

    @Test("what repositories share is read once a pass")
    func shared() async throws {
        var pool = RegistryPool()
        for index in 0..<20 {
            pool.image("r\(index)", 100, layers: [1])
            pool.tag("r\(index)", "latest", RegistryPool.digest(100))
        }
        let blob = try #require(pool.pool.blob(RegistryPool.blobPath(RegistryPool.digest(1))))
        let manifest = try #require(pool.pool.blob(RegistryPool.blobPath(RegistryPool.digest(100))))
        let reader = LockstepReader(pool.pool.reader)
        let registry = RegistryReader(storage: StorageReader(objects: reader))
        let rows = try await reader.executor.run {
            try await registry.pass().summaries(of: try await registry.repositoryNames())
        }
        #expect(rows.count == 20)
        #expect(reader.count(of: blob.chunk(0)) == 1)
        #expect(reader.count(of: manifest.chunk(0)) == 1)
    }
}
