#if RADOS
import Foundation
import Testing

@testable import ObjectStore
@testable import RadosStore
@testable import StorageDriver

/// The storage driver and the admin in a full pool, in a deleted pool, and after the client has
/// lost its capabilities.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct PoolFaultTests {
    /// Waits until the condition holds; the suite's time limit ends it.
    private func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(10)) }
    }

    private func client(_ name: String, keyring: String, _ cluster: TestCluster) -> @Sendable (String) -> RadosOptions {
        { pool in
            var options = cluster.options(pool: pool)
            options.client = name
            options.keyring = keyring
            return options
        }
    }

    @Test func aQuotaThatIsReached() async throws {
        let cluster = try await TestCluster.shared()
        let probe = ObjectID("probe")
        @Sendable func isFull(_ stage: VerbsUnderFault.Stage) async throws -> Bool {
            let outcome = await stage.healthy.writer.apply(WriteOperation([.create]), to: probe)
            if case .failed(let error) = outcome, error.kind == .full { return true }
            #expect(outcome == .applied)
            #expect(await stage.healthy.writer.apply(WriteOperation([.remove]), to: probe) == .applied)
            return false
        }
        // Deleting must work on a full pool.
        let frees = ["delete a directory", "remove a tag"]
        let puts = ["put a file into new directories", "overwrite by more"]
        let verbs = VerbsUnderFault(
            cluster: cluster, options: { cluster.options(pool: $0) },
            place: { verb, writes in puts.contains(verb.name) ? (writes + 1) / 2 : 1 })
        let telling = VerbsUnderFault.Telling(kind: .full, errno: EDQUOT, reads: false)
        let endings = try await verbs.run(telling) { stages in
            for stage in stages {
                try await cluster.ceph("osd", "pool", "set-quota", stage.pool, "max_objects", "1")
            }
            for stage in stages { try await until { try await isFull(stage) } }
        } heal: { stages in
            for stage in stages {
                try await cluster.ceph("osd", "pool", "set-quota", stage.pool, "max_objects", "0")
            }
            for stage in stages { try await until { try await !isFull(stage) } }
            // No intent could be written, so the empty directories are still there; the same change
            // removes them.
            for stage in stages where frees.contains(stage.verb.name) {
                let driver = StoreUnderTest(.rados, reader: stage.healthy.reader, writer: stage.healthy.writer).driver()
                #expect(try await !PoolCensus(driver.reader).hollow.isEmpty, "\(stage.verb.name)")
                try await stage.verb.plan(driver)(driver)
            }
        }
        for ending in endings {
            #expect(
                (ending.error == nil) == frees.contains(ending.verb.name), "\(ending.verb.name): \(ending.error as Any)"
            )
            #expect(!ending.isUnknown, "\(ending.verb.name)")
        }
    }

    @Test func capabilitiesWithoutWrite() async throws {
        let cluster = try await TestCluster.shared()
        let name = "client.looker-\(UInt64.random(in: 0 ... .max))"
        let keyring = try await cluster.makeClient(name, "mon", "allow r", "osd", "allow r")
        let verbs = VerbsUnderFault(
            cluster: cluster, options: client(name, keyring: keyring, cluster), place: { _, _ in 1 })
        let telling = VerbsUnderFault.Telling(kind: .permissionDenied, errno: EPERM, reads: false)
        let endings = try await verbs.run(telling) { _ in
        } heal: { stages in
            for stage in stages {
                let reader = StorageReader(objects: stage.struck.reader, chunkSize: 1024)
                #expect(try await reader.content(path("/keep/other")) == pattern(10))
                let files = try await PoolCensus(reader).contents
                let before = try Dictionary(
                    uniqueKeysWithValues: stage.verb.before.map { (try path($0.key), $0.value) })
                #expect(files == before, "\(stage.verb.name)")
            }
        }
        for ending in endings {
            #expect(ending.error != nil && !ending.isUnknown, "\(ending.verb.name): \(ending.error as Any)")
        }
    }

    @Test func aClientThatIsBlocklisted() async throws {
        let cluster = try await TestCluster.shared()
        let name = "client.outcast-\(UInt64.random(in: 0 ... .max))"
        let keyring = try await cluster.makeClient(name, "mon", "allow r", "osd", "allow rw")
        let verbs = VerbsUnderFault(cluster: cluster, options: client(name, keyring: keyring, cluster))
        let endings = try await verbs.run(VerbsUnderFault.Telling(kind: .blocklisted, errno: ESHUTDOWN)) { stages in
            let addresses = try await cluster.addresses(of: name)
            #expect(addresses.count == stages.count)
            for address in addresses { try await cluster.ceph("osd", "blocklist", "add", address) }
            for stage in stages {
                try await until { (try? await stage.struck.reader.read(.stat, of: ObjectID("/"))) == nil }
            }
        } heal: { stages in
            for address in try await cluster.addresses(of: name) {
                try await cluster.ceph("osd", "blocklist", "rm", address)
            }
        }
        for ending in endings {
            #expect(ending.error != nil && !ending.isUnknown, "\(ending.verb.name): \(ending.error as Any)")
        }
    }

    @Test func aPoolThatIsDeleted() async throws {
        let cluster = try await TestCluster.shared()
        let verbs = VerbsUnderFault(cluster: cluster, options: { cluster.options(pool: $0) })
        try await verbs.withStages { stages in
            let telling = VerbsUnderFault.Telling(kind: .noSuchPool, errno: ENOENT)
            let endings = try await verbs.meet(stages, telling) { stages in
                for stage in stages { try await cluster.removePool(stage.pool) }
                for stage in stages {
                    try await until { (try? await stage.struck.reader.read(.stat, of: ObjectID("/"))) == nil }
                }
            }
            for ending in endings {
                #expect(ending.error != nil && !ending.isUnknown, "\(ending.verb.name): \(ending.error as Any)")
            }
            // A new pool of the same name is another pool: the open store does not write to it.
            let stage = stages[0]
            try await cluster.createPool(stage.pool)
            try await stage.check(endings[0], telling)
            let driver = stage.recording.underTest.driver()
            let error = await #expect(throws: StoreError.self) { try await driver.putContent(path("/a/f"), [1]) }
            #expect(error?.kind == .noSuchPool)
            let found = try await TestCluster.withOpen(cluster.options(pool: stage.pool)) {
                try await Snapshot($0.reader)
            }
            #expect(found.objects.isEmpty)
        }
    }
}
#endif
