@testable import ObjectStore
@testable import StorageDriver
import Testing

/// Stops each verb before and after each of its operations. The test checks the store as it is
/// then, and again after two recoveries, of which the first is stopped as well.
@Suite struct CrashSweep {
    @Test(arguments: ChangingVerb.all)
    func everyCutLeavesEveryFileWhole(_ verb: ChangingVerb) async throws {
        let stage = try await verb.stage()
        var cuts = 0
        var remains = Remains()
        for executed in [false, true] {
            var number = 1
            while true {
                let ending = try await stage.run { [number] in Self.cut($0, at: number, executed: executed) }
                guard ending.operations >= number else { break }
                let what = "\(verb.name), cut \(executed ? "after" : "before") \(number)"
                let census = try await PoolCensus(ending.store.driver().reader)
                try verb.expectWhole(census, what)
                #expect(census.incomplete.isEmpty, "\(what): chunk 0 before the rest")
                remains.add(census)
                try await stopRecovering(ending.store, after: number, executed: executed)
                try await expectRecovery(of: verb, in: ending.store, what)
                cuts += 1
                number += 1
            }
        }
        #expect(cuts > 0)
        print("\ncrash sweep: \(verb.name): \(cuts) cut points; \(remains)")
    }

    private static func cut(_ step: RecordingStore.Step, at number: Int, executed: Bool) -> RecordingStore.Fault? {
        if step.number < number { return nil }
        return step.number == number && executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
    }

    /// Runs a recovery that stops at an operation whose number depends on the cut.
    private func stopRecovering(_ store: StoreUnderTest, after number: Int, executed: Bool) async throws {
        let recording = RecordingStore(store)
        let last = 2 + number * 7 % 23
        recording.inject { Self.cut($0, at: last, executed: executed) }
        _ = try? await recording.underTest.driver().recover()
    }

    /// Expects that a recovery completes everything: each file is as before or as after the verb,
    /// each moved file is at exactly one path, and all files of a move are on the same side. No
    /// directory is unlisted, or listed and empty. The journal is gone.
    func expectRecovery(of verb: ChangingVerb, in store: StoreUnderTest, _ what: String) async throws {
        let recoveries = try await store.driver().recover()
        for recovery in recoveries where ![.undone, .finished, .checked].contains(recovery.outcome) {
            Issue.record("\(what): \(recovery)")
        }
        let census = try await PoolCensus(store.driver().reader)
        try verb.expectWhole(census, "\(what), recovered")
        #expect(census.twice.isEmpty, "\(what), recovered: \(census.twice)")
        #expect(census.unlisted.isEmpty, "\(what), recovered: \(census.unlisted)")
        #expect(census.hollow.isEmpty, "\(what), recovered: \(census.hollow)")
        let moved = try verb.moves.filter { try census.contents[path($0.value)] == verb.after[$0.value] }
        let stayed = try verb.moves.filter { try census.contents[path($0.key)] == verb.before[$0.key] }
        let passed = try verb.moves.filter { source, _ in
            try verb.passing[source, default: []].contains { try census.contents[path($0)] == verb.before[source] }
        }
        #expect(
            [moved, stayed, passed].contains { $0.count == verb.moves.count }, "\(what): half here, half there")
        #expect(try await store.reader.read(.stat, of: Journal.object) == nil, "\(what): the journal stays")
    }

    @Test func aFailedCommitFreesItsChunksFromLastToFirst() async throws {
        let store = try StoreUnderTest.quick()
        let recording = RecordingStore(store)
        let file = try path("/a/f")
        let writer = try await recording.underTest.driver().writer(file, offset: 0)
        try await writer.write(pattern(2500))
        try await store.driver().putContent(file, pattern(10))
        await store.expect(.changedMeanwhile(file)) { try await writer.commit() }
        let removed = recording.writes.compactMap { operation -> Int? in
            guard case .write(let write, let object) = operation, write.mutations == [.remove] else { return nil }
            return BlobIdentifier.parse(chunkName: object.name)?.index
        }
        #expect(removed == [2, 1, 0])
        #expect(try await store.driver().reader.content(file) == pattern(10))
    }

    /// Counts the cut points of a sweep at which something was left behind.
    private struct Remains: CustomStringConvertible {
        private var unlisted = 0
        private var twice = 0
        private var hollow = 0
        private var unreferenced = 0

        mutating func add(_ census: PoolCensus) {
            if !census.unlisted.isEmpty { unlisted += 1 }
            if !census.twice.isEmpty { twice += 1 }
            if !census.hollow.isEmpty { hollow += 1 }
            if !census.unreferenced.isEmpty { unreferenced += 1 }
        }

        var description: String {
            "left behind: a file in two places at \(twice), an unlisted directory at \(unlisted), an empty one at \(hollow), "
                + "unreferenced chunks at \(unreferenced)"
        }
    }
}

extension StoreError {
    /// The error of each operation after the simulated crash.
    static let dead = StoreError(.cancelled, operation: "anything", errno: 125, reason: "the world has stopped")
}
