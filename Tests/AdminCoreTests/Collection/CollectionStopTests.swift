import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// A run that is cancelled at some write, as by ^C: the next run undoes or completes its changes.
@Suite struct CollectionStopTests: CollectionSuite {
    let world: CollectionWorld
    private static let loose = 60

    init() throws { world = try CollectionWorld() }

    /// Runs a collection, and cancels it before the given write. Returns its results; nil if it has
    /// fewer writes.
    private func cancelled(before write: Int) async throws -> [ChangeResult]? {
        let recording = RecordingStore(store)
        let admin = RegistryAdmin(
            registry: fixture.registry,
            driver: recording.underTest.driver(
                chunkSize: StorageReader.defaultChunkSize, policy: clock.policy(delay: 0)))
        let plan = try await admin.collection(Self.free)
        recording.reset()
        let running = Mutex<Task<[ChangeResult], Never>?>(nil)
        recording.before { step in
            if step.write == write { running.withLock { $0?.cancel() } }
        }
        let task = running.withLock { running in
            let task = Task { await admin.apply(plan) }
            running = task
            return task
        }
        let results = await task.value
        return recording.writeCount < write ? nil : results
    }

    @Test(arguments: [2, 5, 12, 40, 63])
    func theNextRunCompletesACancelledRun(_ write: Int) async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        for number in 0..<Self.loose { _ = try await blob(Array("loose \(number)".utf8)) }
        let taking = try #require(try await cancelled(before: write))
        #expect(taking.contains { $0.outcome != .done }, "\(taking)")
        try await run()
        #expect(try await quarantined == Self.loose)
        clock.advance(by: Self.day + 1)
        let freeing = try #require(try await cancelled(before: write))
        #expect(freeing.contains { $0.outcome != .done }, "\(freeing)")
        _ = try await fixture.admin.settleJournal()
        try await run()
        #expect(try await quarantined == 0)
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
        #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok])
        // Only second looks at emptied directories remain in the journal.
        for change in try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy) {
            switch change.state {
            case .waiting, .due: continue
            default: Issue.record("\(change)")
            }
        }
    }
}
