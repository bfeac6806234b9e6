import Synchronization
import Testing

@testable import AdminCore
@testable import ObjectStore
@testable import StorageDriver

/// The exact operations of the verbs on one file. docs/speed.md gives the reason for each.
@Suite struct OperationCountTests {
    private let recording: RecordingStore
    private let driver: StorageDriver

    init() async throws {
        let store = try StoreUnderTest.inMemory()
        recording = RecordingStore(store)
        driver = recording.underTest.driver(
            chunkSize: StorageReader.defaultChunkSize, policy: JournalPolicy(clock: store.clock))
        for (name, size) in [("small", 64), ("large", 1 << 20), ("large2", 1 << 20)] {
            try await driver.putContent(path("/a/b/from/\(name)"), pattern(size))
        }
        try await driver.putContent(path("/a/b/to/other"), [1])
        recording.reset()
    }

    /// Runs an action, and returns its operations: `read` or `write`, and the object.
    private func operations(_ action: () async throws -> Void) async throws -> [String] {
        recording.reset()
        try await action()
        return recording.operations.map { operation in
            let name = operation.object.map { object in
                BlobIdentifier.parse(chunkName: object.name).map { "chunk \($0.index)" } ?? "\(object)"
            }
            return (operation.isWrite ? "write " : "read ") + (name ?? "store")
        }
    }

    /// The chain of `/a/b/<name>` in the directories above it, in the order of a group of
    /// simultaneous reads that does not matter.
    private static let chain = ["read /", "read /a", "read /a/b"]

    @Test func aNewFile() async throws {
        let found = try await operations { try await driver.putContent(path("/a/b/to/new"), pattern(64)) }
        #expect(found.prefix(5).sorted() == (Self.chain + ["read /a/b/to", "read /a/b/to/new"]))
        #expect(found.dropFirst(5).prefix(2) == ["write chunk 0", "write /a/b/to"])
        #expect(found.dropFirst(7).prefix(3).sorted() == Self.chain)
        #expect(found.dropFirst(10).sorted() == Self.chain)
    }

    @Test func anOverwrittenFile() async throws {
        let found = try await operations { try await driver.putContent(path("/a/b/from/small"), pattern(65)) }
        #expect(found.count == 13 && found.count { $0.hasPrefix("write") } == 2, "\(found)")
    }

    @Test func aFileInANewDirectory() async throws {
        let found = try await operations { try await driver.putContent(path("/a/b/new/file"), pattern(64)) }
        #expect(
            found.filter { $0.hasPrefix("write") } == [
                "write chunk 0", "write regtop:journal", "write /a/b", "write /a/b/new", "write regtop:journal",
                "write regtop:journal",
            ], "the intent, its end, and the removal of the empty journal")
        #expect(found.count == 25, "\(found)")
    }

    @Test func aSmallFileIsReadByTwoOperations() async throws {
        let found = try await operations { _ = try await driver.reader.content(path("/a/b/from/small")) }
        #expect(found == ["read /a/b/from", "read chunk 0"])
    }

    @Test func largeFilesAreReadByTwoOperationsFromTheSecondOneOn() async throws {
        let first = try await operations { _ = try await driver.reader.content(path("/a/b/from/large")) }
        #expect(first == ["read /a/b/from", "read chunk 0", "read chunk 0"])
        let second = try await operations { _ = try await driver.reader.content(path("/a/b/from/large2")) }
        #expect(second == ["read /a/b/from", "read chunk 0"])
    }

    @Test func aMove() async throws {
        let found = try await operations { try await driver.move(path("/a/b/from/small"), to: path("/a/b/to/small")) }
        #expect(
            found.filter { $0.hasPrefix("write") } == [
                "write regtop:journal", "write /a/b/to", "write regtop:journal", "write /a/b/from",
                "write regtop:journal",
            ])
        #expect(found.count == 20, "\(found)")
        #expect(found.last == "write regtop:journal" && found.dropLast().last == "read /a/b/from")
    }

    @Test func aList() async throws {
        let many = (0..<1000).map { (path: try? path("/a/b/many/f\($0)"), blob: BlobIdentifier.random()) }
        _ = try await driver.writer.publish(many.compactMap { file in file.path.map { ($0, file.blob) } })
        let found = try await operations {
            let list = try await driver.reader.list(path("/a/b/many"))
            #expect(list.count == 1000)
        }
        #expect(found == ["read /a/b/many"])
    }

    @Test func aDirectoryOfManyFilesIsDeletedInBatches() async throws {
        let many = (0..<2500).map { (path: try? path("/a/b/many/f\($0)"), blob: BlobIdentifier.random()) }
        _ = try await driver.writer.publish(many.compactMap { file in file.path.map { ($0, file.blob) } })
        try await driver.writer.linkUp([path("/a/b/many")])
        let found = try await operations { try await driver.delete(path("/a/b/many")) }
        #expect(found.filter { $0 == "write /a/b/many" }.count == 4, "three batches, and the empty directory")
        #expect(try await driver.reader.entry(path("/a/b/many")) == nil)
    }

    /// Files that are written side by side share the reads of the directories above them.
    @Test func questionsAboutOneDirectoryShareAnOperation() async throws {
        let gate = GatedReader(base: driver.reader.objects)
        let reader = StorageReader(objects: gate)
        let executor = LockstepExecutor()
        executor.whenDry { gate.open() }
        recording.reset()
        try await executor.run {
            let names = ["small", "large", "none"] + (0..<9).map { "n\($0)" }
            let readings = try await concurrentMap(names, window: 16) { name in
                try await reader.keys([name], of: path("/a/b/from"))
            }
            #expect(readings[0].values["small"] != nil && readings[1].values["large"] != nil)
            #expect(readings[2].values["none"] == nil && readings.allSatisfy { $0.version != nil })
        }
        #expect(recording.count == 2, "the first question, and all others together")
    }

    @Test func aCancelledQuestionDoesNotWait() async throws {
        let gate = GatedReader(base: driver.reader.objects)
        let reader = StorageReader(objects: gate)
        let directory = try path("/a/b/from")
        let first = Task { try await reader.keys(["small"], of: directory) }
        await gate.reached()
        let waiting = Task { try await reader.keys(["large"], of: directory) }
        waiting.cancel()
        await #expect(throws: StoreError.self) { try await waiting.value }
        gate.open()
        let reading = try await first.value
        #expect(reading.values["small"] != nil)
    }
}

/// Lets the first read wait until the gate is open.
private final class GatedReader: WrappingReader {
    let base: any ObjectReader
    private let gate = OneShot<Void, Never>()
    private let arrival = OneShot<Void, Never>()
    private let isFirst = Mutex(true)

    init(base: any ObjectReader) { self.base = base }

    func open() { gate.end(.success(())) }

    /// Returns when the first read waits.
    func reached() async { await arrival.value(onCancel: {}, start: {}) }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        let waits = isFirst.withLock { first in
            defer { first = false }
            return first
        }
        if waits {
            arrival.end(.success(()))
            await gate.value(onCancel: {}, start: {})
        }
        return try await base.read(operation, of: object)
    }
}
