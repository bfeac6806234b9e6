@testable import AdminCore
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

    /// The tree from before with the verb's act, ready to be executed many times: each time on a copy.
    func stage() async throws -> VerbStage {
        let store = try StoreUnderTest.inMemory()
        let driver = store.driver()
        for (file, content) in before.sorted(by: { $0.key < $1.key }) {
            try await driver.putContent(path(file), content)
        }
        return VerbStage(act: try await plan(driver), tree: try await StoreCopy(of: store))
    }

    /// Expects that every file is as before or as after, whole, that a moved one is somewhere, and that nothing dangles.
    func expectWhole(_ census: PoolCensus, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        #expect(census.dangling.isEmpty, "\(comment): \(census.dangling)", sourceLocation: sourceLocation)
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
            #expect(there, "\(comment): \(source) is nowhere", sourceLocation: sourceLocation)
        }
        let strangers = try Set(census.files.keys).subtracting(Set(before.keys).union(after.keys).map { try path($0) })
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

/// The content of a store, to be put into others.
struct StoreCopy: Sendable {
    private var objects: [ObjectID: WriteOperation] = [:]

    init(of store: StoreUnderTest) async throws {
        for object in try await store.objects() {
            let state = try await store.state(object)
            var mutations: [WriteOperation.Mutation] = [.create]
            if !state.data.isEmpty { mutations.append(.write(state.data, at: 0)) }
            mutations += state.xattrs.map { .setXattr(name: $0.key, value: $0.value) }
            let omap = Dictionary(uniqueKeysWithValues: state.omap.map { ($0.key, $0.value) })
            if !omap.isEmpty { mutations.append(.setOmap(omap)) }
            objects[object] = WriteOperation(mutations)
        }
    }

    /// A store in memory that holds the same.
    func restore() async throws -> StoreUnderTest {
        let store = try StoreUnderTest.inMemory()
        await restore(into: store)
        return store
    }

    /// Puts the same into an empty store.
    func restore(into store: StoreUnderTest) async {
        await withTaskGroup(of: Void.self) { group in
            for (object, operation) in objects {
                group.addTask {
                    let outcome = await store.writer.apply(operation, to: object)
                    #expect(outcome == .applied)
                }
            }
        }
    }
}
