import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Runs every case of the storage driver over every kind of store.
@Suite(.serialized)
struct StorageDriverConformance {
    @Test(arguments: StoreKind.allCases, ConformanceCase.driver)
    func conforms(_ kind: StoreKind, _ testCase: ConformanceCase) async throws {
        try await StoreUnderTest.with(kind) { store in
            try await testCase.body(store)
            if !testCase.leavesDamage { try await expectNothingLeft(in: store) }
        }
        ConformanceTally.driver.note(testCase, on: kind)
    }

    /// Expects that a case leaves nothing after its files are deleted and all unreferenced chunks
    /// are freed: the pool is empty again, except for its root, which a registry leaves too.
    private func expectNothingLeft(in store: StoreUnderTest) async throws {
        let driver = store.driver()
        #expect(try await driver.reader.pendingChanges(policy: driver.policy).isEmpty)
        for child in try await driver.reader.list(.root) { try await driver.delete(path("/" + (child.name ?? ""))) }
        _ = try await driver.freeUnreferenced()
        let left = try await store.objects()
        #expect(left.isEmpty || left == [ObjectID("/")], "left: \(left)")
    }

    @Test func everyCaseHasItsOwnName() {
        #expect(Set(ConformanceCase.driver.map(\.name)).count == ConformanceCase.driver.count)
    }
}

extension ConformanceCase {
    /// All cases of the storage driver.
    static let driver =
        driverPaths + driverVerbs + driverContents + driverStreams + driverGaps + driverTree + driverMoves + driverLarge
        + driverConcurrency
}

extension StoreUnderTest {
    /// Returns a driver with small chunks, so that files of several chunks stay small. It assumes
    /// that no other client writes, unless `policy` says otherwise.
    func driver(chunkSize: UInt64 = 1024, policy: JournalPolicy? = nil) -> StorageDriver {
        StorageDriver(
            reader: StorageReader(objects: reader, chunkSize: chunkSize), writer: writer,
            policy: policy ?? JournalPolicy(delay: 0, clock: clock))
    }

    /// Expects that `body` throws this error.
    func expect(
        _ error: StorageError, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> some Any
    ) async {
        do {
            _ = try await body()
            Issue.record("expected \(error)", sourceLocation: sourceLocation)
        } catch let found {
            #expect(found as? StorageError == error, sourceLocation: sourceLocation)
        }
    }

    /// Returns the chunks that have no reference.
    func unreferencedChunks(_ driver: StorageDriver) async throws -> [ObjectID] {
        var referenced: Set<BlobIdentifier> = []
        for entry in try await driver.reader.walk(.root) {
            if case .file(let blob) = entry.entry.kind { referenced.insert(blob) }
        }
        return try await objects().filter { object in
            guard let chunk = BlobIdentifier.parse(chunkName: object.name) else { return false }
            return !referenced.contains(chunk.blob)
        }
    }
}

/// Returns bytes that are not UTF-8 and differ from chunk to chunk.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    // Eight bytes at a time, since some tests need megabytes.
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        while initialized < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            let length = min(8, count - initialized)
            if length == 8 {
                bytes.storeBytes(of: state.littleEndian, toByteOffset: initialized, as: UInt64.self)
            } else {
                for index in 0..<length { bytes[initialized + index] = UInt8(truncatingIfNeeded: state >> (8 * index)) }
            }
            initialized += length
        }
    }
}

func path(_ text: String) throws -> StoragePath { try StoragePath(text) }

extension StorageReader {
    /// Returns the content from `offset` on, read through the stream.
    func stream(_ path: StoragePath, offset: Int64 = 0) async throws -> [UInt8] {
        var data: [UInt8] = []
        for try await piece in try await reader(path, offset: offset) { data += piece }
        return data
    }
}
