@testable import ObjectStore
import Testing

/// A copy of the content of a store, with dates, that can be put into other stores.
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
            objects[object] = WriteOperation(mutations, modified: state.modified)
        }
    }

    /// Returns a new quick store that holds the copy.
    func restore() async throws -> StoreUnderTest {
        let store = try StoreUnderTest.quick()
        await put(into: store)
        return store
    }

    /// Replaces the content of an existing store with the copy. This is quicker than a new store.
    func restore(into store: StoreUnderTest) async throws {
        try await store.removeEverything()
        await put(into: store)
    }

    private func put(into store: StoreUnderTest) async {
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
