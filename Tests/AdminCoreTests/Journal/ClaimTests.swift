import Foundation
import Synchronization
import Testing

@testable import AdminCore

/// What only a claim, or a guard, decides: somebody else comes in between a look and the step that follows it.
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

    /// A holding with one reference, which can be freed at once.
    private func held() async throws -> Holding {
        try await driver.putContent(file, pattern(2500))
        let note = Holding.Note(name: "f", kind: "other", by: "a test", begun: .now)
        let blob = try await driver.reader.blob(file)
        #expect(try await driver.hold([(file, blob)], at: trash, note).isEmpty)
        return try #require(try await driver.reader.holding(trash))
    }

    /// A driver to which somebody comes, once, just before it writes to this object.
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

    @Test func whatIsRestoredBetweenTheScanAndTheClaimIsNotFreed() async throws {
        let holding = try await held()
        let freeing = driver(before: StorageReader.directory(trash)) { [driver, trash] in
            let outcomes = try await driver.restore(holding.entries, of: trash)
            #expect(outcomes == [.restored])
        }
        #expect(try await freeing.free(holding.entries, of: holding) == [.gone])
        #expect(try await driver.reader.content(file) == pattern(2500))
    }

    @Test func whatIsFreedDoesNotComeBack() async throws {
        let holding = try await held()
        #expect(try await driver.free(holding.entries, of: holding) == [.freed])
        #expect(try await driver.restore(holding.entries, of: trash) == [.gone])
        #expect(try await PoolCensus(driver.reader).files.isEmpty)
    }

    @Test func whatAppearsAtADestinationBeforeItIsTakenStays() async throws {
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
}
