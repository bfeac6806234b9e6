#if RADOS
import Foundation
import Testing

@testable import AdminCore
@testable import Changes
@testable import ObjectStore
@testable import RadosStore
@testable import StorageDriver

/// The behaviour that only a cluster has, in addition to the conformance suite.
@Suite(.timeLimit(.minutes(15)))
struct RadosStoreTests {
    private let thing = ObjectID("thing")

    @Test func versionNamesTheLibrary() throws {
        let version = try #require(RadosLibrary.version)
        #expect(version.hasPrefix("librados 3."))
        #expect(version.contains("(Ceph "))
    }

    @Test func readerAndWriterAreDifferentTypes() async throws {
        try await TestCluster.shared().withStore { store in
            #expect(!((store.reader as Any) is any ObjectWriter))
            #expect(!((store.writer as Any) is any ObjectReader))
        }
    }

    @Test func writesAndReadsAnObjectInOneOperationEach() async throws {
        try await TestCluster.shared().withStore { store in
            let outcome = await store.writer.apply(
                WriteOperation(
                    guards: [.doesNotExist],
                    [.writeFull([1, 2, 3]), .setXattr(name: "x", value: [9]), .setOmap(["k": [7], "l": []])],
                    modified: Date(timeIntervalSince1970: 1_000_000_000)),
                to: thing)
            #expect(outcome == .applied)
            let state = try #require(
                try await store.reader.read(
                    ReadOperation(omap: .page(after: nil, limit: 10), xattrs: true, data: 1..<100), of: thing))
            #expect(state.size == 3)
            #expect(state.data == [2, 3])
            #expect(state.xattrs == ["x": [9]])
            #expect(state.omap == [OmapEntry(key: "k", value: [7]), OmapEntry(key: "l", value: [])])
            #expect(state.modified == Date(timeIntervalSince1970: 1_000_000_000))
            #expect(state.version > 0)
        }
    }

    /// A SIGWINCH or SIGINT on a thread of librados would be lost.
    @Test func libradosThreadsReceiveNoSignals() async throws {
        try await TestCluster.shared().withStore { store in
            _ = try await store.reader.status()
            var looked = 0
            for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
                // A thread may end meanwhile.
                guard let status = try? String(contentsOfFile: "/proc/self/task/\(thread)/status", encoding: .utf8)
                else { continue }
                let lines = status.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
                func value(_ name: String) -> String { lines.first { $0.first == name }?.last ?? "" }
                let known = ["msgr-worker", "ms_dispatch", "ms_local", "safe_timer", "io_context_pool", "taskfin"]
                guard known.contains(where: { value("Name:").hasPrefix($0) }) else { continue }
                let blocked = try #require(UInt64(value("SigBlk:"), radix: 16))
                for signal in [SIGINT, SIGTERM, SIGWINCH, SIGHUP, SIGTSTP] {
                    #expect(blocked & (1 << UInt64(signal - 1)) != 0, "\(value("Name:")) takes signal \(signal)")
                }
                looked += 1
            }
            #expect(looked > 3)
        }
    }

    @Test func thePlacementEqualsThatOfCeph() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withStore { store in
            for object in [
                thing, ObjectID("/a b\"\\\n", namespace: "other"), ObjectID(ByteString(bytes: [0xff, 0xc3, 0x28])),
            ] {
                let placement = try #require(try await store.reader.placement(of: object))
                #expect(placement.osds == [0])
                // An existing object is listed in this placement group.
                #expect(await store.writer.apply(WriteOperation([.create]), to: object) == .applied)
                let listed = try await CommandLineTool.run(
                    "rados",
                    [
                        "-c", cluster.conf, "--name", "client.admin", "--pool", store.poolName, "--pgid",
                        placement.placementGroup, "--namespace", object.namespace, "ls",
                    ])
                if let name = object.name.string, !name.contains("\n") { #expect(listed.contains(name)) }
                #expect(!listed.isEmpty)
            }
        }
    }

    @Test func statusFillsEveryField() async throws {
        try await TestCluster.shared().withStore { store in
            let status = try await store.reader.status()
            #expect(status.backend == .rados)
            #expect(status.name == store.poolName)
            #expect(status.client == "client.admin")
            #expect(status.fsid?.count == 36)
            #expect(status.health?.hasPrefix("HEALTH_") == true)
            #expect(status.osds == 1)
            #expect(status.osdsUp == 1)
            #expect(status.placementGroups == 8)
            #expect(status.replicas == 1)
            #expect((status.clusterBytesTotal ?? 0) > 0)
            #expect((status.clusterBytesUsed ?? 0) > 0)
        }
    }

    /// The number identifies a pool, also after it is renamed and another pool has its name.
    @Test func aPoolThatIsRenamedIsTheSame() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withPool { pool in
            let renamed = "\(pool)-renamed"
            let session = try await Session.open(SessionOptions(rados: cluster.options(pool: pool)))
            defer { Task { await session.close() } }
            let writer = try #require(session.admin?.driver.writer.objects)
            let thing = ObjectID("thing")
            #expect(await writer.apply(WriteOperation([.create]), to: thing) == .applied)
            let before = try #require(try await session.objects.placement(of: thing))
            try await cluster.command(
                "{\"prefix\":\"osd pool rename\",\"srcpool\":\"\(pool)\",\"destpool\":\"\(renamed)\"}")
            #expect(try await session.objects.placement(of: thing) == before)
            // It is not the pool with the same name either.
            try await cluster.createPool(pool)
            #expect(try await session.objects.read(.stat, of: thing) != nil)
            #expect(try await session.objects.read(.stat, of: ObjectID("nothing")) == nil)
            #expect(await writer.apply(WriteOperation([.create]), to: ObjectID("more")) == .applied)
            #expect(await writer.apply(WriteOperation(guards: [.exists], [.remove]), to: ObjectID("none")) != .applied)
            let status = try await session.objects.status()
            #expect(status.name == renamed && session.name == "pool \(renamed)" && session.pool == renamed)
            try await cluster.removePool(pool)
            try await cluster.command(
                "{\"prefix\":\"osd pool rename\",\"srcpool\":\"\(renamed)\",\"destpool\":\"\(pool)\"}")
            #expect(try await session.objects.placement(of: thing) == before)
            #expect(session.name == "pool \(pool)")
        }
    }

    @Test func enumeratesEveryNamespaceOnceInSlices() async throws {
        try await TestCluster.shared().withStore { store in
            let expected = (0..<2500).map { ObjectID(ByteString("o\($0)"), namespace: $0 % 3 == 0 ? "regtop" : "") }
            await withTaskGroup(of: WriteOutcome.self) { group in
                for object in expected {
                    group.addTask { await store.writer.apply(WriteOperation([.create]), to: object) }
                }
                for await outcome in group { #expect(outcome == .applied) }
            }
            for slices in [1, 4, 7] {
                let cursors = try await store.reader.enumerate(.all, slices: slices)
                #expect(cursors.count == slices)
                let found = try await withThrowingTaskGroup(of: [ObjectID].self) { group in
                    for cursor in cursors {
                        group.addTask {
                            var objects: [ObjectID] = []
                            while let page = try await cursor.next() { objects += page }
                            return objects
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(found.sorted() == expected.sorted())
            }
            let one = try await store.reader.enumerate(.namespace("regtop"), slices: 1)
            var names: [ObjectID] = []
            while let page = try await one[0].next() { names += page }
            #expect(names.sorted() == expected.filter { $0.namespace == "regtop" }.sorted())
        }
    }

    @Test func twoThousandReadsStayWithinTheBound() async throws {
        try await TestCluster.shared().withStore({ $0.inFlight = 16 }) { store in
            let highest = await withTaskGroup(of: Int.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        let found = try? await store.reader.read(.stat, of: ObjectID(ByteString("o\(number)")))
                        #expect(found == .some(nil))
                        return store.reader.load.inFlight
                    }
                    if number % 10 == 0 { group.addTask { store.reader.load.inFlight } }
                }
                return await group.reduce(0) { max($0, $1) }
            }
            #expect(highest <= 16)
            #expect(highest > 8, "the operations are pipelined")
            #expect(store.reader.load.inFlight == 0)
            #expect(store.reader.load.limit == 16)
            #expect((store.reader.load.latency ?? 0) > 0)
        }
    }

    @Test func bytesInFlightAreBounded() async throws {
        try await TestCluster.shared().withStore { store in
            #expect(
                await store.writer.apply(WriteOperation([.truncate(4 << 20)]), to: thing) == .applied)
            let highest = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        let state = try await store.reader.read(ReadOperation(data: 0..<(16 << 20)), of: thing)
                        #expect(state?.data.count == 4 << 20)
                        return store.reader.load.inFlight
                    }
                    group.addTask { store.reader.load.inFlight }
                }
                return try await group.reduce(0) { max($0, $1) }
            }
            #expect(highest <= 4, "four times 16 MiB are 64 MiB")
        }
    }

    @Test func findsThePoolsThatHoldAnObject() async throws {
        let cluster = try await TestCluster.shared()
        let object = ObjectID(ByteString("only-here-\(UUID().uuidString)"))
        try await cluster.withStore { store in
            #expect(await store.writer.apply(WriteOperation([.create]), to: object) == .applied)
            let connected = try await RadosCluster.connect(cluster.options())
            let search = try await connected.poolsHolding(object)
            let pools = try await connected.pools()
            await connected.close()
            #expect(search.found == [store.poolName])
            #expect(pools.contains { $0.name == store.poolName && !$0.isErasureCoded })
        }
    }

    @Test func aDeletedPoolIsNotAMissingObject() async throws {
        let cluster = try await TestCluster.shared()
        let pool = "test-\(UUID().uuidString)"
        try await cluster.createPool(pool)
        try await TestCluster.withOpen(cluster.options(pool: pool)) { store in
            #expect(await store.writer.apply(WriteOperation([.create]), to: thing) == .applied)
            #expect(try await store.reader.read(.stat, of: ObjectID("other")) == nil)
            let cursor = try await store.reader.enumerate(.all, slices: 1)[0]
            try await cluster.removePool(pool)
            for object in [thing, ObjectID("other"), ObjectID("x", namespace: "new")] {
                let error = await #expect(throws: StoreError.self) { try await store.reader.read(.stat, of: object) }
                #expect(error?.kind == .noSuchPool)
            }
            for operation in [
                WriteOperation([.remove]), WriteOperation(guards: [.exists], [.create]), WriteOperation([.create]),
            ] {
                guard case .failed(let error) = await store.writer.apply(operation, to: thing) else {
                    Issue.record("a change of a deleted pool did not fail")
                    continue
                }
                #expect(error.kind == .noSuchPool)
            }
            let listing = await #expect(throws: StoreError.self) { while try await cursor.next() != nil {} }
            #expect(listing?.kind == .noSuchPool)
            let placement = await #expect(throws: StoreError.self) { try await store.reader.placement(of: thing) }
            #expect(placement?.kind == .noSuchPool)
            // A new pool of the same name is another pool.
            try await cluster.createPool(pool)
            let again = await #expect(throws: StoreError.self) { try await store.reader.read(.stat, of: thing) }
            #expect(again?.kind == .noSuchPool)
        }
        try await cluster.removePool(pool)
    }

    @Test func aCancelledEnumerationNeverLooksComplete() async throws {
        try await TestCluster.shared().withStore { store in
            #expect(await store.writer.apply(WriteOperation([.create]), to: thing) == .applied)
            let cursor = try await store.reader.enumerate(.all, slices: 1)[0]
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await cursor.next()
            }
            let first = await #expect(throws: StoreError.self) { try await task.value }
            #expect(first?.kind == .cancelled)
            await #expect(throws: StoreError.self) { try await cursor.next() }
        }
    }

    @Test func closingEndsAllOperationsAndMayBeRepeated() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withPool { pool in
            let store = try await RadosStore.open(cluster.options(pool: pool))
            let cursors = try await store.reader.enumerate(.all, slices: 3)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        let object = ObjectID(ByteString("o\(number)"))
                        if number.isMultiple(of: 2) {
                            _ = await store.writer.apply(WriteOperation([.create]), to: object)
                        } else {
                            _ = try? await store.reader.read(.stat, of: object)
                        }
                    }
                }
                group.addTask { await store.close() }
            }
            await store.close()
            let error = await #expect(throws: StoreError.self) { try await store.reader.read(.stat, of: thing) }
            #expect(error?.kind == .blocklisted)
            await #expect(throws: StoreError.self) { try await cursors[0].next() }
            let outcome = await store.writer.apply(WriteOperation([.create]), to: thing)
            guard case .failed = outcome else {
                Issue.record("a closed store did \(outcome)")
                return
            }
        }
    }

    @Test func aStoreThatIsNotClosedIsReleasedSilently() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withPool { pool in
            for _ in 0..<3 {
                let store = try await RadosStore.open(cluster.options(pool: pool))
                #expect(try await store.reader.read(.stat, of: thing) == nil)
            }
        }
    }
}
#endif
