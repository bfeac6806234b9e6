@testable import ObjectStore
@testable import StoreDump
import Foundation
import Testing

/// Dumping and loading whole stores.
@Suite struct StoreDumpTests {
    @Test(arguments: StoreKind.allCases)
    func fixtureSurvivesByteForByte(_ kind: StoreKind) async throws {
        let fixture = try await Fixture.bytes()
        try await StoreUnderTest.with(kind) { store in
            let summary = try await StoreDump.load(
                from: DumpFile.open(path: Fixture.path()), into: store.reader, store.writer)
            #expect(summary.objects == 480)
            let dumped = try await store.dump()
            #expect(dumped.bytes == fixture, "the dump of the loaded fixture is the fixture")
        }
    }

    @Test(arguments: [true, false])
    func plainAndCompressedFilesSurvive(_ gzip: Bool) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try await hostileStore()
        let output = try await DumpFile.create(path: directory.path("dump"), gzip: gzip)
        let summary = try await StoreDump.write(from: store.reader, to: output)
        try await output.finish()
        let begin = try Data(contentsOf: URL(filePath: directory.path("dump"))).prefix(2)
        #expect(Array(begin) == (gzip ? [0x1f, 0x8b] : Array("{\"".utf8)))

        let copy = try StoreUnderTest.inMemory()
        let input = try await DumpFile.open(path: directory.path("dump"))
        #expect(try await StoreDump.load(from: input, into: copy.reader, copy.writer) == summary)
        let expected = try await store.dump().bytes
        #expect(try await copy.dump().bytes == expected)
    }

    /// Names, keys and values that are not UTF-8, that look alike, or that need escapes.
    private func hostileStore() async throws -> StoreUnderTest {
        let store = try StoreUnderTest.inMemory()
        for name: ByteString in [
            "/plain", "caf\u{e9}", "cafe\u{301}", "quote\" \\ \n\t\u{1}\u{7f} \u{1f600}",
            ByteString(bytes: [0xff, 0x0a]),
        ] {
            for namespace in ["", "regtop", "caf\u{e9}"] {
                try await store.set(
                    ObjectID(name, namespace: namespace),
                    [
                        .writeFull(name.bytes + namespace.utf8),
                        .setXattr(name: "text", value: [0, 1]), .setXattr(name: ByteString(bytes: [0xfe]), value: [2]),
                        .setOmap([
                            "caf\u{e9}": [1], "cafe\u{301}": [2], " ": [3], ByteString(bytes: [0x61, 0, 0xff]): [4],
                            ByteString(bytes: [0x61, 0]): [], "\u{1f600}\"\\": [0xff],
                        ]),
                    ])
            }
        }
        return store
    }

    @Test func hostileNamesSurvive() async throws {
        let store = try await hostileStore()
        let copy = try StoreUnderTest.inMemory()
        let dump = try await store.dump()
        #expect(dump.bytes.allSatisfy { $0 == 0x0a || (0x20...0x7f).contains($0) }, "a dump is ASCII without controls")
        try await copy.load(String(decoding: dump.bytes, as: UTF8.self))
        let objects = try await store.objects()
        #expect(objects.count == 15)
        #expect(Set(try await copy.objects()) == Set(objects))
        for object in objects {
            let (before, after) = (try await store.state(object), try await copy.state(object))
            #expect(before.data == after.data && before.xattrs == after.xattrs && before.omap == after.omap)
        }
    }

    @Test func linesAreInOrderWithTheKeysOfTheFixture() async throws {
        let store = try StoreUnderTest.inMemory()
        try await store.set(ObjectID("b", namespace: "n"), [.create])
        try await store.set(ObjectID("b"), [.setOmap(["z": [1], "a": []]), .setXattr(name: "x", value: [255])])
        try await store.set(ObjectID(ByteString(bytes: [0xff])), [.setOmap([ByteString(bytes: [0x80]): [1]])])
        try await store.set(
            ObjectID("a"), [.writeFull([1, 2, 3])], modified: Date(timeIntervalSince1970: 1_456_789_012))
        #expect(
            try await store.dump().lines == [
                #"{"data": "AQID", "name": "a", "omap": {}, "size": 3, "xattrs": {}}"#,
                #"{"data": "", "name": "b", "omap": {"a": "", "z": "AQ=="}, "size": 0, "xattrs": {"x": "/w=="}}"#,
                #"{"data": "", "nameBase64": "/w==", "omap": {}, "omapBase64": {"gA==": "AQ=="}, "size": 0, "xattrs": {}}"#,
                #"{"data": "", "name": "b", "namespace": "n", "omap": {}, "size": 0, "xattrs": {}}"#,
                "",
            ])
        #expect(
            try await store.dump(data: false, times: true).lines.first
                == #"{"mtime": "2016-02-29T23:36:52Z", "name": "a", "omap": {}, "size": 3, "xattrs": {}}"#)
    }

    @Test func aDumpOfTheStructureKeepsSizes() async throws {
        let store = try StoreUnderTest.inMemory()
        try await Fixture.load(into: store)
        let structure = try await store.dump(data: false)
        #expect(structure.bytes.count < 200_000)
        let copy = try StoreUnderTest.inMemory()
        try await copy.load(String(decoding: structure.bytes, as: UTF8.self), portion: 100_000)
        #expect(try await copy.dump(data: false).bytes == structure.bytes)
        for object in try await copy.objects() {
            let state = try await copy.state(object, ReadOperation(data: 0..<100))
            #expect(state.data.allSatisfy { $0 == 0 })
            #expect(try await store.state(object, .stat).size == state.size)
        }
    }

    @Test(arguments: [0, 1, (128 << 20) - 1, 128 << 20])
    func aDumpOfTheStructureAcceptsAnyPossibleSize(_ size: UInt64) async throws {
        let store = try StoreUnderTest.inMemory()
        try await store.load(#"{"name": "a", "size": \#(size)}"#)
        #expect(try await store.state(ObjectID("a"), .stat).size == size)
    }

    @Test func timesAreRestored() async throws {
        let store = try StoreUnderTest.inMemory()
        let times = [0, 1_456_789_012, 1_456_789_012.25, 4_000_000_000].map { Date(timeIntervalSince1970: $0) }
        for (index, time) in times.enumerated() {
            try await store.set(ObjectID(ByteString("\(index)")), [.create], modified: time)
        }
        let copy = try StoreUnderTest.inMemory()
        try await copy.load(String(decoding: store.dump(times: true).bytes, as: UTF8.self))
        for (index, time) in times.enumerated() {
            #expect(try await copy.state(ObjectID(ByteString("\(index)")), .stat).modified == time)
        }
        let zone = try StoreUnderTest.inMemory()
        try await zone.load(#"{"name": "z", "size": 0, "mtime": "2016-03-01T01:36:52+02:00"}"#)
        #expect(try await zone.state(ObjectID("z"), .stat).modified == times[1])
    }

    @Test func largeObjectsAreLoadedInSeveralWrites() async throws {
        let store = try StoreUnderTest.inMemory()
        let large = ObjectID("large")
        let keys = Dictionary(
            (0..<5000).map { (ByteString("k\($0)"), [UInt8]("v\($0)".utf8)) }, uniquingKeysWith: { $1 })
        try await store.set(
            large, [.write(pattern(0..<100_000), at: 20 << 20), .setOmap(keys), .setXattr(name: "x", value: [1])])
        let dump = try await store.dump()
        let copy = RecordingStore(try .inMemory())
        try await copy.underTest.load(String(decoding: dump.bytes, as: UTF8.self), portion: 1 << 20)
        #expect(copy.writeCount > 2)
        for case .write(let operation, _) in copy.writes {
            for case .write(let bytes, _) in operation.mutations { #expect(bytes.count <= 4 << 20) }
        }
        #expect(try await copy.underTest.dump().bytes == dump.bytes)
    }

    @Test func loadRefusesAStoreThatIsNotEmpty() async throws {
        let store = try StoreUnderTest.inMemory()
        try await store.set(ObjectID("x", namespace: "elsewhere"), [.create])
        await expect(.invalid, "the store is not empty: it has an object elsewhere:x") {
            try await store.load(#"{"name": "a", "size": 0}"#)
        }
        #expect(try await store.objects().count == 1)
    }

    @Test func anObjectThatChangesDuringTheDumpIsDumpedAsOneVersion() async throws {
        let store = try StoreUnderTest.inMemory()
        let object = ObjectID("moving")
        try await store.set(object, [.writeFull(pattern(0..<200_000)), .setXattr(name: "version", value: [1])])
        let recording = RecordingStore(store)
        recording.before { step in
            // The object changes between the read of the keys and the read of the data.
            guard case .read(let operation, _) = step.operation, operation.data?.count == 200_000 else { return }
            recording.before { _ in }
            try? await store.set(object, [.writeFull(pattern(5..<200_005)), .setXattr(name: "version", value: [2])])
        }
        let dump = try await recording.underTest.dump()
        #expect(try await store.dump().bytes == dump.bytes)
    }

    @Test func anObjectThatIsRemovedDuringTheDumpIsLeftOut() async throws {
        let store = try StoreUnderTest.inMemory()
        for name: ByteString in ["a", "b", "c"] { try await store.set(ObjectID(name), [.create]) }
        let recording = RecordingStore(store)
        recording.before { step in
            if step.operation.object == ObjectID("b") { try? await store.set(ObjectID("b"), [.remove]) }
        }
        #expect(try await recording.underTest.dump().lines.count == 3)
    }

    @Test func anErrorOfTheStoreEndsADump() async throws {
        let store = try StoreUnderTest.inMemory()
        for name: ByteString in ["a", "b", "c"] { try await store.set(ObjectID(name), [.create]) }
        let recording = RecordingStore(store)
        recording.inject { step in
            step.operation.object == ObjectID("b")
                ? .failed(StoreError(.timedOut, operation: "read", reason: "nobody answered")) : nil
        }
        await expect(.timedOut, "nobody answered") { _ = try await recording.underTest.dump() }
    }

    @Test func anUnknownWriteEndsALoad() async throws {
        let store = RecordingStore(try .inMemory())
        store.inject { step in
            step.write == 2
                ? .unknownApplied(StoreError(.timedOut, operation: "write", reason: "nobody answered")) : nil
        }
        await expect(.timedOut, "line ") {
            try await store.underTest.load("{\"name\": \"a\", \"size\": 0}\n{\"name\": \"b\", \"size\": 0}\n")
        }
    }
}

/// Expects a `StoreError` of a kind whose reason contains a text.
func expect(
    _ kind: StoreError.Kind, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(kind): \(reason)", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        #expect(error.kind == kind, sourceLocation: sourceLocation)
        #expect(error.reason.contains(reason), "\(error.reason)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected a StoreError, got \(error)", sourceLocation: sourceLocation)
    }
}
