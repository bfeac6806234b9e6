import Foundation
import Synchronization
import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Tests the cases that only a claim or a guard decides: another program acts between a check and
/// the step that follows it.
@Suite struct ClaimTests {
    private let store: StoreUnderTest
    private let trash: StoragePath
    private let file: StoragePath

    init() throws {
        store = try StoreUnderTest.inMemory()
        trash = try path("/docker/trash/one")
        file = try path("/r/a/f")
    }

    private var driver: StorageDriver { store.driver() }

    /// Returns a holding with one reference, which can be freed at once.
    private func held() async throws -> Holding {
        try await driver.putContent(file, pattern(2500))
        let note = Holding.Note(name: "f", kind: "other", by: "a test", begun: WallClock.test.now)
        let blob = try await driver.reader.blob(file)
        #expect(try await driver.holdings.put([(file, blob)], at: trash, note).isEmpty)
        return try #require(try await driver.reader.holding(trash))
    }

    /// Returns a driver that runs `others` once, immediately before its first write to `object`.
    private func driver(
        before object: ObjectID, _ others: @escaping @Sendable () async throws -> Void
    ) -> StorageDriver {
        let recording = RecordingStore(store)
        let hasCome = Mutex(false)
        recording.before { step in
            guard step.operation.isWrite, step.operation.object == object,
                !hasCome.withLock({ hasCome in
                    defer { hasCome = true }
                    return hasCome
                })
            else { return }
            do {
                try await others()
            } catch {
                Issue.record(error)
            }
        }
        return recording.underTest.driver()
    }

    @Test func aFileRestoredBetweenTheScanAndTheClaimIsNotFreed() async throws {
        let holding = try await held()
        let freeing = driver(before: StorageReader.directory(trash)) { [driver, trash] in
            let outcomes = try await driver.holdings.restore(holding.entries, of: trash)
            #expect(outcomes == [.restored])
        }
        #expect(try await freeing.holdings.free(holding.entries, of: holding) == [.gone])
        #expect(try await driver.reader.content(file) == pattern(2500))
    }

    @Test func aFreedFileIsNotRestored() async throws {
        let holding = try await held()
        #expect(try await driver.holdings.free(holding.entries, of: holding) == [.freed])
        #expect(try await driver.holdings.restore(holding.entries, of: trash) == [.gone])
        #expect(try await PoolCensus(driver.reader).files.isEmpty)
    }

    @Test func aFileThatAppearsAtTheDestinationIsNotOverwritten() async throws {
        let destination = try path("/t/g")
        try await driver.putContent(file, pattern(100))
        try await driver.putContent(path("/t/x"), [1])
        let moving = driver(before: StorageReader.directory(destination.parent)) { [driver] in
            try await driver.putContent(destination, pattern(100, seed: 2))
        }
        await store.expect(.alreadyExists(destination)) { try await moving.move(file, to: destination) }
        #expect(try await driver.reader.content(destination) == pattern(100, seed: 2))
        #expect(try await driver.reader.content(file) == pattern(100))
    }

    /// Returns a holding with `count` references.
    private func held(_ count: Int) async throws -> Holding {
        let files = try (0..<count).map { try path("/r/many/f\($0)") }
        for file in files { try await driver.putContent(file, [1]) }
        let references = try await concurrentMap(files, window: 64) { [driver] in
            ($0, try await driver.reader.blob($0))
        }
        let note = Holding.Note(name: "many", kind: "other", by: "a test", begun: WallClock.test.now)
        #expect(try await driver.holdings.put(references, at: trash, note).isEmpty)
        return try #require(try await driver.reader.holding(trash))
    }

    @Test func oneOperationClaimsManyReferences() async throws {
        let holding = try await held(600)
        let recording = RecordingStore(store)
        let outcomes = try await recording.underTest.driver().holdings.free(holding.entries, of: holding)
        #expect(outcomes.allSatisfy { $0 == .freed })
        #expect(try await PoolCensus(driver.reader).files.isEmpty)
        // One operation frees a file of one chunk. The claims, the mark and the cleanup take a few
        // more.
        #expect(recording.writeCount < 600 + 50)
    }

    @Test func aRestoredReferenceDoesNotBlockTheOthers() async throws {
        let holding = try await held(600)
        let freeing = driver(before: StorageReader.directory(trash)) { [driver, trash] in
            let outcomes = try await driver.holdings.restore([holding.entries[7]], of: trash)
            #expect(outcomes == [.restored])
        }
        let outcomes = try await freeing.holdings.free(holding.entries, of: holding)
        #expect(outcomes[7] == .gone)
        #expect(outcomes.count { $0 == .freed } == 599)
        #expect(try await driver.reader.content(holding.entries[7].origin) == [1])
    }

    /// Only chunk 0 tells how many chunks there are. A recovery after a crash needs it as long as
    /// any other chunk is there.
    @Test func chunk0IsFreedLast() async throws {
        try await driver.putContent(file, pattern(5000))
        let blob = try await driver.reader.blob(file)
        let note = Holding.Note(name: "f", kind: "other", by: "a test", begun: WallClock.test.now)
        #expect(try await driver.holdings.put([(file, blob)], at: trash, note).isEmpty)
        let holding = try #require(try await driver.reader.holding(trash))
        let recording = RecordingStore(store)
        #expect(try await recording.underTest.driver().holdings.free(holding.entries, of: holding) == [.freed])
        let removed = recording.writes.compactMap(\.object)
            .compactMap { BlobIdentifier.parse(chunkName: $0.name)?.index }
        #expect(removed.sorted() == [0, 1, 2, 3, 4] && removed.last == 0)
    }

    @Test func aChunkWithAnImpossibleNumberIsFreedAsWell() async throws {
        let holding = try await held()
        let blob = try #require(holding.entries.first).blob
        try await store.set(blob.chunk(4_000_000_000_000), [.write([1], at: 0)])
        #expect(try await driver.holdings.free(holding.entries, of: holding) == [.freed])
        #expect(try await store.objects(.namespace("")).allSatisfy { BlobIdentifier.parse(chunkName: $0.name) == nil })
    }
}
