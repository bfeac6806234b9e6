@testable import StorageDriver
import Testing

extension ChangingVerb {
    /// How one execution ended, and what it left.
    struct Ending: Sendable {
        /// What the verb threw; nil if it succeeded.
        let error: (any Error)?
        /// How many operations the store was asked for.
        let operations: Int
        /// The store, as nobody stands in front of it.
        let store: StoreUnderTest
    }

    /// The tree from before with the verb's act, ready to be executed many times: each time on a
    /// copy.
    func stage() async throws -> VerbStage {
        let store = try StoreUnderTest.quick()
        let driver = store.driver()
        for (file, content) in before.sorted(by: { $0.key < $1.key }) {
            try await driver.putContent(path(file), content)
        }
        return VerbStage(act: try await plan(driver), tree: try await StoreCopy(of: store))
    }

    /// Expects that every file is as before or as after, whole, that a moved one is somewhere, and
    /// that nothing dangles.
    func expectWhole(_ census: PoolCensus, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        // What is claimed to be freed may be gone already.
        let dangling = census.dangling.filter { !$0.name.hasPrefix("freeing.") }
        #expect(dangling.isEmpty, "\(comment): \(dangling)", sourceLocation: sourceLocation)
        for file in Set(before.keys).union(after.keys) {
            let content = try census.contents[path(file)]
            #expect(
                content == before[file] || content == after[file], "\(comment): \(file)",
                sourceLocation: sourceLocation)
        }
        for (source, destination) in moves {
            let there =
                try census.contents[path(source)] == before[source]
                || census.contents[path(destination)] == after[destination]
                || passing[source, default: []].contains { try census.contents[path($0)] == before[source] }
            #expect(there, "\(comment): \(source) is nowhere", sourceLocation: sourceLocation)
        }
        let known = Set(before.keys).union(after.keys).union(passing.values.joined())
        let strangers = try Set(census.files.keys).subtracting(known.map { try path($0) })
        #expect(strangers.isEmpty, "\(comment): \(strangers)", sourceLocation: sourceLocation)
    }

    /// Expects exactly the files from after, with no directory left that holds nothing.
    func expectDone(_ census: PoolCensus, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let wanted = try Dictionary(uniqueKeysWithValues: after.map { (try path($0.key), $0.value) })
        #expect(census.contents == wanted, "\(comment)", sourceLocation: sourceLocation)
        #expect(census.twice.isEmpty && census.unlisted.isEmpty, "\(comment)", sourceLocation: sourceLocation)
        #expect(census.hollow.isEmpty, "\(comment): \(census.hollow)", sourceLocation: sourceLocation)
    }
}

/// A verb that is ready to be executed, again and again, each time on a fresh copy of its tree.
struct VerbStage: Sendable {
    let act: ChangingVerb.Act
    let tree: StoreCopy

    /// Executes the verb once, with these faults.
    func run(
        fault: @escaping @Sendable (RecordingStore.Step) -> RecordingStore.Fault?
    ) async throws -> ChangingVerb.Ending {
        let store = try await tree.restore()
        let recording = RecordingStore(store)
        recording.inject(fault)
        var failure: (any Error)?
        do {
            try await act(recording.underTest.driver())
        } catch {
            failure = error
        }
        return ChangingVerb.Ending(error: failure, operations: recording.count, store: store)
    }
}
