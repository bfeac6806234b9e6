#if RADOS
import Foundation
import Testing

@testable import ObjectStore
@testable import RadosStore

/// Daemons that stop answering, each on a cluster of its own.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct RadosFaultTests {
    private static let thing = ObjectID("thing")

    /// Runs a cluster with a pool, and a store with an operation timeout of a second, or without
    /// one.
    private func withStores(
        _ body: @Sendable (TestCluster, _ hasty: RadosStore, _ patient: RadosStore) async throws -> Void
    ) async throws {
        try await TestCluster.with { cluster in
            try await cluster.createPool("registry")
            var hasty = cluster.options(pool: "registry")
            hasty.operationTimeout = 1
            hasty.connectTimeout = 2
            var patient = hasty
            patient.operationTimeout = nil
            let (first, second) = (hasty, patient)
            try await TestCluster.withOpen(first) { hasty in
                try await TestCluster.withOpen(second) { patient in
                    #expect(await hasty.writer.apply(WriteOperation([.create]), to: Self.thing) == .applied)
                    try await body(cluster, hasty, patient)
                }
            }
        }
    }

    /// Waits until the condition holds; the suite's time limit ends it.
    private func until(_ condition: @Sendable () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(10)) }
    }

    private func seconds(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start).inSeconds
    }

    @Test func anOSDThatStopsAnswering() async throws {
        try await withStores { cluster, hasty, patient in
            try await cluster.signal(SIGSTOP, "osd.0")

            // With a timeout: reads fail, writes are unknown.
            let took = try await seconds { () async throws in
                let error = await #expect(throws: StoreError.self) {
                    try await hasty.reader.read(.stat, of: Self.thing)
                }
                #expect(error?.kind == .timedOut)
            }
            #expect((0.9..<30).contains(took))
            let write = await hasty.writer.apply(WriteOperation([.setOmap(["hasty": [1]])]), to: Self.thing)
            guard case .unknown(let error) = write else {
                Issue.record("a write that was not answered is \(write)")
                return
            }
            #expect(error.kind == .timedOut)

            // Without a timeout: the operation waits, shows in the load, and can be cancelled.
            let cancelledRead = Task { try await patient.reader.read(.stat, of: Self.thing) }
            let cancelledWrite = Task {
                await patient.writer.apply(
                    WriteOperation(
                        guards: [.omapValue(key: "k", equals: [1]), .xattr(name: "x", equals: [1])], [.create]),
                    to: Self.thing)
            }
            let waiting = Task {
                await patient.writer.apply(WriteOperation([.setOmap(["patient": [2]])]), to: Self.thing)
            }
            try await until { patient.reader.load.inFlight == 3 }
            try await until { patient.reader.load.stalled != nil }
            #expect(patient.reader.load.stalled?.object == Self.thing)
            let soon = try await seconds { () async throws in
                cancelledRead.cancel()
                cancelledWrite.cancel()
                let error = await #expect(throws: StoreError.self) { try await cancelledRead.value }
                #expect(error?.kind == .cancelled)
                let outcome = await cancelledWrite.value
                guard case .unknown(let error) = outcome else {
                    Issue.record("a cancelled write, guarded or not, is \(outcome)")
                    return
                }
                #expect(error.kind == .cancelled)
            }
            #expect(soon < 30)
            #expect(patient.reader.load.inFlight == 1)

            // When the OSD is back, operations continue, and unknown outcomes can be read.
            try await cluster.signal(SIGCONT, "osd.0")
            #expect(await waiting.value == .applied)
            let keys = ReadOperation(omap: .keys(["hasty", "patient"]))
            let state = try #require(try await patient.reader.read(keys, of: Self.thing))
            #expect(state.omap.contains { $0.key == "patient" })
            try await until { try await hasty.reader.read(.stat, of: Self.thing) != nil }
        }
    }

    @Test func closingWithOperationsInFlight() async throws {
        try await withStores { cluster, _, patient in
            try await cluster.signal(SIGSTOP, "osd.0")
            let reads = (0..<300).map { number in
                Task { try await patient.reader.read(.stat, of: ObjectID(ByteString("r\(number)"))) }
            }
            let writes = (0..<20).map { number in
                Task { await patient.writer.apply(WriteOperation([.create]), to: ObjectID(ByteString("w\(number)"))) }
            }
            try await until { patient.reader.load.inFlight == 128 }
            let took = try await seconds { () async throws in await patient.close() }
            #expect(took < 30)
            for read in reads {
                let error = await #expect(throws: StoreError.self) { try await read.value }
                #expect(error?.kind == .blocklisted)
            }
            for write in writes {
                switch await write.value {
                case .applied, .refused: Issue.record("a write that nothing answered was applied or refused")
                case .failed, .unknown: break
                }
            }
            try await cluster.signal(SIGCONT, "osd.0")
        }
    }

    @Test func monitorsThatStopAnswering() async throws {
        try await withStores { cluster, hasty, patient in
            try await cluster.signal(SIGSTOP, "mgr.x")
            // Without a mgr, some figures are missing from the answer.
            let took = try await seconds { () async throws in
                let status = try await hasty.reader.status()
                #expect(status.health != nil)
            }
            #expect(took < 30)
            try await cluster.signal(SIGCONT, "mgr.x")

            try await cluster.signal(SIGSTOP, "mon.a")
            #expect(try await patient.reader.read(.stat, of: Self.thing) != nil)
            #expect(await patient.writer.apply(WriteOperation([.setOmap(["k": [1]])]), to: Self.thing) == .applied)
            for store in [hasty, patient] {
                let late = try await seconds { () async throws in
                    let placement = await #expect(throws: StoreError.self) {
                        try await store.reader.placement(of: Self.thing)
                    }
                    #expect(placement?.kind == .timedOut)
                    let status = await #expect(throws: StoreError.self) { try await store.reader.status() }
                    #expect(status?.kind == .timedOut)
                }
                #expect(late < 20)
            }
            let connect = try await seconds { () async throws in
                var options = cluster.options(pool: "registry")
                options.connectTimeout = 1
                let closed = options
                let error = await #expect(throws: StoreError.self) {
                    let store = try await RadosStore.open(closed)
                    await store.close()
                }
                #expect(error?.kind == .unreachable)
            }
            #expect(connect < 8)
            try await cluster.signal(SIGCONT, "mon.a")
            try await until { (try? await patient.reader.placement(of: Self.thing)) != nil }
        }
    }

    @Test func aFullPoolAndABlocklistedClient() async throws {
        try await withStores { cluster, hasty, _ in
            try await cluster.ceph("osd", "pool", "set-quota", "registry", "max_objects", "1")
            let full = try await firstFailure { number in
                await hasty.writer.apply(WriteOperation([.create]), to: ObjectID(ByteString("o\(number)")))
            }
            #expect(full.kind == .full)
            #expect(await hasty.writer.apply(WriteOperation([.remove]), to: Self.thing) == .applied)

            var options = cluster.options(pool: "registry")
            options.client = "client.victim"
            options.keyring = try await cluster.makeClient(
                "client.victim", "mon", "allow r", "osd", "allow rw")
            try await TestCluster.withOpen(options) { victim in
                #expect(try await victim.reader.read(.stat, of: ObjectID("missing")) == nil)
                try await cluster.ceph(
                    "osd", "blocklist", "add", try #require(await cluster.addresses(of: "client.victim").first))
                let blocked = try await firstFailure { _ in
                    await victim.writer.apply(WriteOperation([.removeOmap(["k"])]), to: ObjectID("o0"))
                }
                #expect(blocked.kind == .blocklisted)
                let error = await #expect(throws: StoreError.self) {
                    try await victim.reader.read(.stat, of: ObjectID("o0"))
                }
                #expect(error?.kind == .blocklisted)
            }
        }
    }

    /// Repeats a change until it fails; the suite's time limit ends it.
    private func firstFailure(_ change: (Int) async -> WriteOutcome) async throws -> StoreError {
        for number in 0... {
            switch await change(number) {
            case .applied, .refused: try await Task.sleep(for: .milliseconds(5))
            case .failed(let error): return error
            case .unknown(let error): throw error
            }
        }
        throw CancellationError()
    }
}
#endif
