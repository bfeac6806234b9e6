import Synchronization
import Testing

@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Records everything that a sweep reports.
final class RecordingVisitor: SweepVisitor {
    struct Told: Sendable {
        var links: [Int: [SweepLink]] = [:]
        var edges: [Int: [SweepEdge]] = [:]
        var found: [Digest: [BlobFinding]] = [:]
        var problems: [Int: [SweepProblem]] = [:]
        var finished: Set<Int> = []

        /// The blobs that a repository reaches.
        func blobs(of repository: Int) -> Set<Digest> { Set((edges[repository] ?? []).map(\.digest)) }
    }

    private let state = Mutex(Told())

    var told: Told { state.withLock { $0 } }

    func met(_ link: SweepLink, in repository: Int) {
        state.withLock { $0.links[repository, default: []].append(link) }
    }

    /// Asks for a blob when the sweep reaches it for the first time.
    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        state.withLock { told in
            let isNew = !told.edges.values.joined().contains { $0.digest == edge.digest }
            told.edges[repository, default: []].append(edge)
            return isNew
        }
    }

    func found(_ finding: BlobFinding, of digest: Digest) {
        state.withLock { $0.found[digest, default: []].append(finding) }
    }

    func met(_ problem: SweepProblem, in repository: Int) {
        state.withLock { $0.problems[repository, default: []].append(problem) }
    }

    func finished(_ repository: Int) {
        state.withLock { _ = $0.finished.insert(repository) }
    }
}

extension RegistryReader {
    /// Runs a sweep and returns everything that it reported.
    func swept(_ scope: SweepScope = []) async throws -> (names: [RepositoryName], told: RecordingVisitor.Told) {
        let visitor = RecordingVisitor()
        let names = try await repositoryNames()
        try await RegistrySweep(registry: self, visitor: visitor, scope: scope).run(names)
        return (names, visitor.told)
    }
}

@Suite("Registry: sweeps") struct RegistrySweepTests {
    @Test("a sweep reaches what a pass reaches, in the fixture and in a pool with every kind of manifest")
    func reach() async throws {
        for registry in [try await MemoryPool.fixture().registry, try RegistrySweepTests.mixed().registry] {
            let (names, told) = try await registry.swept()
            let pass = registry.pass()
            for (index, name) in names.enumerated() {
                let tags = try await pass.tags(of: name).compactMap(\.digest)
                let revisions = try await pass.revisions(of: name)
                let sizes = try await pass.reach(of: Set(revisions).union(tags), in: name)
                #expect(told.blobs(of: index) == Set(sizes.keys), "\(name)")
                for (digest, size) in sizes {
                    #expect(told.found[digest]?.first?.size == size, "\(name) \(digest)")
                }
                #expect(told.finished.contains(index))
            }
        }
    }

    /// A registry with an index in an index, an untagged image, and a blob that several
    /// repositories share. (The fixture has signatures of schema 1.)
    static func mixed() throws -> RegistryPool {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1, 2])
        pool.image("a", 110, layers: [1, 3], architecture: "arm64")
        pool.manifest("a", RegistryPool.digest(120), RegistryPool.listDocument([(100, "amd64"), (110, "arm64")]))
        pool.manifest(
            "a", RegistryPool.digest(130),
            RegistryPool.listDocument([(120, "amd64")], childType: ManifestType.ociIndex))
        pool.tag("a", "deep", RegistryPool.digest(130))
        pool.image("b/c", 200, layers: [1, 4])
        pool.image("b/c", 210, layers: [5])
        pool.tag("b/c", "x", RegistryPool.digest(210))
        pool.tag("b/c", "y", RegistryPool.digest(210))
        return pool
    }

    @Test("what is damaged is told, once for each repository, and the rest is told all the same")
    func damage() async throws {
        var pool = try RegistrySweepTests.mixed()
        let digest = RegistryPool.digest
        pool.pool.unlink(RegistryPool.blobPath(digest(4)))
        pool.blob(digest(210), Array("{".utf8))
        pool.pool.put(RegistryPool.currentLink("a", "bad"), Array("no digest".utf8))
        pool.pool.put(RegistryPool.revisionLink("a", digest(100)), Array(digest(7).string.utf8))
        pool.pool.makeDirectory("\(RegistryPool.root)/repositories/a/_manifests/tags/half")
        pool.pool.makeDirectory("\(RegistryPool.root)/repositories/a/_manifests/revisions/sha256/\(digest(9).hex)")
        let (_, told) = try await pool.registry.swept()
        #expect(
            Set(told.problems[0] ?? []) == [
                .link(.tag("bad"), "holds no digest"), .link(.tag("half"), "is missing"),
                .link(.revision(digest(100)), "names another digest, \(digest(7))"),
            ])
        #expect(
            Set(told.problems[1] ?? []) == [
                .manifest(digest(210), "is not JSON"), .blob(digest(4), .missing),
            ])
        #expect(told.blobs(of: 0) == Set([1, 2, 3, 100, 101, 110, 111, 120, 130].map(digest)))
        #expect(told.blobs(of: 1) == Set([1, 4, 200, 201, 210].map(digest)))
    }

    @Test("an index that names itself ends; one that lies too deep is told, unless it is reached nearer as well")
    func depth() async throws {
        var pool = RegistryPool()
        let digest = RegistryPool.digest
        for number in 500..<512 {
            pool.manifest(
                "a", digest(number), RegistryPool.listDocument([(number + 1, "amd64"), (500, "arm64")]))
            pool.pool.unlink(RegistryPool.revisionLink("a", digest(number)))
            pool.pool.remove(
                "\(RegistryPool.root)/repositories/a/_manifests/revisions/sha256/\(digest(number).hex)")
        }
        pool.tag("a", "x", digest(500))
        let deep = try await pool.registry.swept()
        #expect(deep.told.problems[0]?.filter { $0 == .tooDeep(digest(509)) }.count == 1)
        #expect(!deep.told.blobs(of: 0).contains(digest(510)))
        pool.tag("a", "near", digest(505))
        pool.image("a", 512, layers: [1])
        let near = try await pool.registry.swept()
        #expect(near.told.problems[0] == nil)
        #expect(near.told.blobs(of: 0).contains(digest(1)))
    }

    @Test("subjects, the history of tags and layer links, where they are asked for")
    func scope() async throws {
        var pool = RegistryPool()
        let digest = RegistryPool.digest
        pool.image("a", 100, layers: [1])
        pool.linkLayer("a", digest(8))
        let config = #"{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"\#(digest(3))"}"#
        pool.blob(digest(3), Array("{}".utf8))
        for (number, subject) in [(300, 100), (301, 999)] {
            pool.manifest(
                "a", digest(number),
                #"{"schemaVersion":2,"mediaType":"\#(ManifestType.ociManifest)","config":\#(config),"layers":[],"subject":"#
                    + #"{"mediaType":"\#(ManifestType.schema2)","size":9,"digest":"\#(digest(subject))"}}"#)
        }
        pool.pool.unlink(RegistryPool.revisionLink("a", digest(100)))
        pool.pool.remove("\(RegistryPool.root)/repositories/a/_manifests/revisions/sha256/\(digest(100).hex)")
        pool.tag("a", "t", digest(300))
        let history = "\(RegistryPool.root)/repositories/a/_manifests/tags/t/index/sha256/\(digest(100).hex)/link"
        pool.pool.put(history, Array(digest(100).string.utf8))

        let plain = try await pool.registry.swept().told
        #expect(plain.blobs(of: 0) == Set([300, 301, 3].map(digest)))
        let all = try await pool.registry.swept([.subjects, .history, .layerLinks]).told
        #expect(all.blobs(of: 0) == Set([300, 301, 3, 100, 999, 101, 1].map(digest)))
        #expect(all.problems[0] == nil, "a subject need not be there")
        let kinds = Set((all.links[0] ?? []).map(\.kind))
        #expect(kinds.contains(.history(digest(100), tag: "t")) && kinds.contains(.layer(digest(8))))
        #expect(plain.links[0]?.count == 3, "two revisions and a tag")
    }

    @Test("any error of the store but a proven ENOENT ends a sweep; so does a pool that is gone")
    func errors() async throws {
        let pool = try RegistrySweepTests.mixed()
        let error = StoreError(.timedOut, operation: "read", reason: "no answer")
        let recorder = FailingReader(pool.pool.reader, victim: nil, error: error)
        _ = try await RegistryReader(storage: StorageReader(objects: recorder)).swept()
        #expect(recorder.objects.count > 40)
        for victim in recorder.objects {
            let failing = FailingReader(pool.pool.reader, victim: victim, error: error)
            await #expect(throws: StoreError.self, "\(victim)") {
                try await RegistryReader(storage: StorageReader(objects: failing)).swept()
            }
        }
        let gone = FailingReader(
            MemoryPool().reader, victim: nil, failsStatus: true,
            error: StoreError(.noSuchPool, operation: "status", reason: "gone"))
        await #expect(throws: StoreError.self) {
            try await RegistrySweep(
                registry: RegistryReader(storage: StorageReader(objects: gone)), visitor: RecordingVisitor()
            ).run(["a"])
        }
    }

    @Test("a thousand repositories: at least 64 operations in flight, rounds as their number asks for")
    func pipelining() async throws {
        var pool = RegistryPool()
        for index in 0..<1000 {
            pool.image("r\(index)", 1_000_000 + index * 10, layers: [1, 2, 3 + index])
            pool.tag("r\(index)", "latest", RegistryPool.digest(1_000_000 + index * 10))
        }
        let reader = LockstepReader(pool.pool.reader)
        let registry = RegistryReader(storage: StorageReader(objects: reader))
        let told = try await reader.executor.run {
            let names = try await registry.repositoryNames()
            let visitor = CountingVisitor()
            try await RegistrySweep(registry: registry, visitor: visitor).run(names)
            return visitor.edges.value
        }
        #expect(told == 1000 * 6)
        let rounds = reader.rounds.dropFirst(3)
        #expect(rounds.reduce(0, +) / rounds.count >= 64, "\(rounds)")
    }

    /// Counts edges, and asks for no blobs.
    private final class CountingVisitor: SweepVisitor {
        let edges = Counter()

        func met(_ link: SweepLink, in repository: Int) {}
        func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
            edges.add(1)
            return false
        }
        func found(_ finding: BlobFinding, of digest: Digest) {}
        func met(_ problem: SweepProblem, in repository: Int) {}
        func finished(_ repository: Int) {}
    }
}

@Suite("Tables of ordinals") struct OrdinalTableTests {
    @Test("every key has one number, in the order of its first appearance, however many there are")
    func numbers() {
        var table = OrdinalTable<Int>()
        for round in 0..<2 {
            for key in 0..<5000 {
                let (ordinal, isNew) = table.insert(key * 7)
                #expect(ordinal == key)
                #expect(isNew == (round == 0))
            }
        }
        #expect(table.count == 5000)
        #expect(table.keys[4999] == 4999 * 7)
        #expect(table.ordinal(of: 14) == 2)
        #expect(table.ordinal(of: 15) == nil)
    }
}
