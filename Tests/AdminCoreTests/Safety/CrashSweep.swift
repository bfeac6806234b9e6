@testable import AdminCore
import Testing

/// The world stops before, and after, every operation of every verb; then the store is looked at as it is.
@Suite struct CrashSweep {
    @Test(arguments: ChangingVerb.all)
    func everyCutLeavesEveryFileWhole(_ verb: ChangingVerb) async throws {
        let stage = try await verb.stage()
        var cuts = 0
        var remains = Remains()
        for executed in [false, true] {
            var number = 1
            while true {
                let ending = try await stage.run { [number] step in
                    if step.number < number { return nil }
                    return step.number == number && executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
                }
                guard ending.operations >= number else { break }
                let what = "\(verb.name), cut \(executed ? "after" : "before") \(number)"
                let census = try await PoolCensus(ending.store.driver().reader)
                try verb.expectWhole(census, what)
                #expect(census.incomplete.isEmpty, "\(what): chunk 0 before the rest")
                remains.add(census)
                cuts += 1
                number += 1
            }
        }
        #expect(cuts > 0)
        print("\ncrash sweep: \(verb.name): \(cuts) cut points; \(remains)")
    }

    @Test func chunksThatNobodySawAreFreedFromTheLastOn() async throws {
        let store = try StoreUnderTest.inMemory()
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

    /// What cuts left behind, over a sweep: at how many cut points.
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
    /// What an operation answers in a world that has stopped.
    static let dead = StoreError(.cancelled, operation: "anything", errno: 125, reason: "the world has stopped")
}
