@testable import ObjectStore
@testable import StorageDriver
import Testing

/// The driver writes a pool byte for byte as registry v2.3.1 did: it writes every file of the
/// fixture into an empty store, under the fixture's identifiers, and the result equals the fixture.
@Suite struct FixtureProofTests {
    /// The blob that a resumed upload damaged (docs/layout.md#d1). Its chunks differ, because the
    /// test puts its bytes in order first.
    static let damaged = "5116b08f-8833-46e1-9fcd-bd8dc62099e3"

    @Test(arguments: StoreKind.allCases)
    func writingEveryFileReproducesTheFixture(_ kind: StoreKind) async throws {
        let source = try StoreUnderTest.inMemory()
        try await MemoryPool.fixture().copy(to: source.writer)
        let tree = StorageReader(objects: source.reader)
        var identifiers: [StoragePath: BlobIdentifier] = [:]
        for entry in try await tree.walk(.root) {
            if case .file(let blob) = entry.entry.kind, let path = entry.path { identifiers[path] = blob }
        }
        #expect(identifiers.count > 100)
        try await StoreUnderTest.with(kind) { [identifiers] store in
            let driver = StorageDriver(
                reader: StorageReader(objects: store.reader), writer: store.writer, policy: JournalPolicy(delay: 0)
            ) { path in
                identifiers[path] ?? .random()
            }
            for (path, blob) in identifiers {
                let content =
                    blob.string.hasSuffix(Self.damaged)
                    ? try await Self.inOrder(blob, of: source) : try await tree.content(path)
                try await driver.putContent(path, content)
            }
            var expected = try await Snapshot(source.reader)
            var written = try await Snapshot(store.reader)
            let isDamaged = { (object: ObjectID) in object.description.contains(Self.damaged) }
            expected.objects = expected.objects.filter { !isDamaged($0.key) }
            written.objects = written.objects.filter { !isDamaged($0.key) }
            // Empty directories that the old driver left. No file needs them.
            let empty = expected.objects.filter { $0.key.name.hasPrefix("/") && $0.value.omap.isEmpty }
            #expect(written.differences(to: expected) == Set(empty.keys.map(\.description)))
        }
    }

    /// Returns the bytes of the damaged blob as they were uploaded: 3,000,000 and 6,000,000
    /// (docs/layout.md#d1).
    private static func inOrder(_ blob: BlobIdentifier, of store: StoreUnderTest) async throws -> [UInt8] {
        let first = try await store.state(blob.chunk(0), ReadOperation(data: 0..<6_000_000)).data
        let second = try await store.state(blob.chunk(1), ReadOperation(data: 0..<4_805_696)).data
        // The bytes after the end of chunk 0 belong at the beginning of chunk 1, where a hole of
        // that length is.
        return first + second[1_805_696...]
    }
}
