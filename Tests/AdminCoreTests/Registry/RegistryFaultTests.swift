import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// docs/layout.md#d12: a failed read is reported as a failure, and never taken for "not found" or
/// for damage.
@Suite("Registry: a failing read is an error") struct RegistryFaultTests {
    /// Every question about a registry.
    static let questions: [(name: String, ask: @Sendable (RegistryReader) async throws -> Void)] = [
        ("names", { _ = try await $0.repositoryNames() }),
        ("summary", { _ = try await $0.pass().summary(of: "a") }),
        ("summary of what was deleted", { _ = try await $0.pass().summary(of: "bare") }),
        ("summaries", { _ = try await $0.pass().summaries(of: ["a", "bare"]) }),
        ("tags", { _ = try await $0.pass().tags(of: "a") }),
        ("tag", { _ = try await $0.pass().tag("t", of: "a") }),
        ("tag names", { _ = try await $0.pass().tagNames(of: "a") }),
        ("revisions", { _ = try await $0.pass().revisions(of: "a") }),
        (
            "image",
            { registry in
                guard let reference = ImageReference("a:list") else { return }
                _ = try await registry.pass().image(reference)
            }
        ),
        ("uploads", { _ = try await $0.pass().uploads(of: "a") }),
        (
            "uses",
            { registry in
                let inspector = BlobInspector(registry: registry)
                _ = try await inspector.uses(of: RegistryPool.digest(1))
            }
        ),
        ("overview", { _ = try await Overview.read($0, journal: JournalPolicy(delay: 0)) }),
        (
            "report",
            { registry in
                guard let subject = BlobSubject("a:t") else { return }
                _ = try await BlobInspector(registry: registry).report(on: subject)
            }
        ),
    ]

    static func pool() -> MemoryPool {
        var pool = RegistryPool()
        pool.pool.chunkSize = 64
        pool.image("a", 100, layers: [1, 2])
        pool.manifest("a", RegistryPool.digest(50), RegistryPool.listDocument([(100, "amd64")]))
        pool.tag("a", "t", RegistryPool.digest(100))
        pool.tag("a", "list", RegistryPool.digest(50))
        let signature = RegistryPool.digest(7)
        pool.blob(signature, [1])
        let revision = RegistryPool.revisionLink("a", RegistryPool.digest(50)).dropLast(5)
        pool.pool.put("\(revision)/signatures/sha256/\(signature.hex)/link", Array(signature.string.utf8))
        pool.pool.put("\(RegistryPool.root)/repositories/a/_uploads/u/startedat", Array("2015-01-01T00:00:00Z".utf8))
        pool.pool.put("\(RegistryPool.root)/repositories/a/_uploads/u/data", [1, 2, 3])
        pool.linkLayer("bare", RegistryPool.digest(1))
        // A damage must not hide a failure. Here a reader reads chunk 1 to find out whether only
        // chunk 0 is missing.
        if let lost = pool.pool.blob(RegistryPool.blobPath(RegistryPool.digest(2))) {
            pool.pool.objects[lost.chunk(0)] = nil
        }
        return pool.pool
    }

    @Test("every kind of error, on every object that is read, for every question", arguments: StoreError.Kind.allCases)
    func faults(_ kind: StoreError.Kind) async throws {
        let pool = RegistryFaultTests.pool()
        let base = pool.reader
        let error = StoreError(kind, operation: "read", errno: 5, reason: "because of the test")
        func registry(_ reader: FailingReader) -> RegistryReader {
            RegistryReader(storage: StorageReader(objects: reader, chunkSize: pool.chunkSize))
        }
        for (name, ask) in RegistryFaultTests.questions {
            let sound = FailingReader(base, victim: nil, error: error)
            try await ask(registry(sound))
            #expect(!sound.objects.isEmpty)
            for victim in sound.objects.sorted() {
                await #expect(throws: error, "\(name), \(victim)") {
                    try await ask(registry(FailingReader(base, victim: victim, error: error)))
                }
            }
        }
    }

    @Test("a deleted pool has no objects, either: it is no empty registry")
    func deletedPool() async throws {
        let error = StoreError(.noSuchPool, operation: "status", errno: 2, reason: "the pool was deleted")
        let reader = FailingReader(MemoryPool().reader, victim: nil, failsStatus: true, error: error)
        await #expect(throws: error) {
            try await RegistryReader(storage: StorageReader(objects: reader)).repositoryNames()
        }
    }
}
