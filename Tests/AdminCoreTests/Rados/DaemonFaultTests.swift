#if RADOS
import Foundation
import Synchronization
import Testing

@testable import ObjectStore
@testable import RadosStore
@testable import StorageDriver

/// The storage driver and the admin beside daemons that stop and start again, each on a cluster of
/// its own.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct DaemonFaultTests {
    @Test func anOSDThatIsStoppedAndContinued() async throws {
        try await TestCluster.with { cluster in
            let verbs = VerbsUnderFault(
                cluster: cluster,
                options: { pool in
                    var options = cluster.options(pool: pool)
                    options.operationTimeout = 1
                    return options
                })
            let endings = try await verbs.run(VerbsUnderFault.Telling(kind: .timedOut, errno: ETIMEDOUT)) { _ in
                try await cluster.signal(SIGSTOP, "osd.0")
            } heal: { stages in
                try await cluster.signal(SIGCONT, "osd.0")
                _ = try await stages[0].healthy.reader.read(.stat, of: ObjectID("/"))
            }
            // The write was sent and not answered: its outcome is unknown.
            for ending in endings { #expect(ending.isUnknown, "\(ending.verb.name): \(ending.error as Any)") }
        }
    }

    @Test func anOSDThatIsKilledAndStartedAgain() async throws {
        try await TestCluster.with("--bluestore") { cluster in
            let verbs = VerbsUnderFault(cluster: cluster, options: { cluster.options(pool: $0) })
            let restart = Mutex<Task<Void, any Error>?>(nil)
            let endings = try await verbs.run(nil) { _ in
                try await cluster.kill("osd.0")
                // The monitors would notice by themselves, but later. The changes meet a dead OSD,
                // then a new one.
                try await cluster.ceph("osd", "down", "osd.0")
                restart.withLock { $0 = Task { try await cluster.restart("osd.0") } }
            } heal: { _ in
                try await restart.withLock(\.self)?.value
            }
            for ending in endings { #expect(ending.error == nil, "\(ending.verb.name): \(ending.error as Any)") }
        }
    }

    @Test func aMonitorThatIsGone() async throws {
        try await TestCluster.with { cluster in
            @Sendable func options(_ pool: String) -> RadosOptions {
                var options = cluster.options(pool: pool)
                options.connectTimeout = 1
                return options
            }
            let verbs = VerbsUnderFault(cluster: cluster, options: options)
            let endings = try await verbs.run(nil) { _ in
                try await cluster.kill("mon.a")
            } heal: { stages in
                let (store, pool) = (stages[0].healthy, stages[0].pool)
                // The figures of the monitors are missing, and no client can connect.
                let driver = StorageReader(objects: store.reader, chunkSize: 1024)
                #expect(try await driver.content(path("/keep/other")) == pattern(10))
                let closed = await #expect(throws: StoreError.self) {
                    await (try RadosStore.open(options(pool))).close()
                }
                #expect(closed?.kind == .unreachable)
                try await cluster.restart("mon.a")
                #expect(try await store.reader.placement(of: ObjectID("/"))?.osds == [0])
            }
            for ending in endings { #expect(ending.error == nil, "\(ending.verb.name): \(ending.error as Any)") }
        }
    }
}
#endif
