@testable import StorageDriver
import Testing

extension ChangingVerb {
    /// The end of one execution of a verb.
    struct Ending: Sendable {
        /// The error that the verb threw; nil if it succeeded.
        let error: (any Error)?
        /// The number of operations that the verb requested from the store.
        let operations: Int
        /// The store itself, without the `RecordingStore` that injects faults.
        let store: StoreUnderTest
    }

    /// Builds the tree of `before` and plans the verb on it. Each run of the stage executes the
    /// verb on a fresh copy of the tree.
    func stage() async throws -> VerbStage {
        let store = try StoreUnderTest.quick()
        let driver = store.driver()
        for (file, content) in before.sorted(by: { $0.key < $1.key }) {
            try await driver.putContent(path(file), content)
        }
        return VerbStage(act: try await plan(driver), tree: try await StoreCopy(of: store))
    }

    /// Expects that each file is as before or as after the verb, that each moved file exists at one
    /// of its paths, and that no reference dangles.
    func expectWhole(_ census: PoolCensus, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        // A reference with the claim `freeing.` may dangle: its chunks may be gone already.
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

    /// Expects exactly the files of `after`, and no empty directory.
    func expectDone(_ census: PoolCensus, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let wanted = try Dictionary(uniqueKeysWithValues: after.map { (try path($0.key), $0.value) })
        #expect(census.contents == wanted, "\(comment)", sourceLocation: sourceLocation)
        #expect(census.twice.isEmpty && census.unlisted.isEmpty, "\(comment)", sourceLocation: sourceLocation)
        #expect(census.hollow.isEmpty, "\(comment): \(census.hollow)", sourceLocation: sourceLocation)
    }
}

/// A planned verb and the tree that it changes. Each run executes the verb on a fresh copy of the
/// tree.
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
