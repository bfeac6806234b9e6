#if RADOS
import AdminCore
import Foundation

/// Pools that suites use one after the other: emptying one takes milliseconds, making another one takes a second.
actor RadosPoolForTests {
    static let shared = RadosPoolForTests()

    private var free: [String] = []

    /// A pool that nobody else uses, open and without any object. To be given back.
    func take() async throws -> RadosStore {
        let cluster = try await TestCluster.shared()
        let pool: String
        if let used = free.popLast() {
            pool = used
        } else {
            pool = "test-conformance-\(UUID().uuidString.lowercased())"
            try await cluster.createPool(pool)
        }
        let store = try await RadosStore.open(cluster.options(pool: pool))
        while try await Self.removeEverything(from: store) > 0 {}
        return store
    }

    /// Closes the store; the next one may take its pool.
    func giveBack(_ store: RadosStore) async {
        await store.close()
        free.append(store.poolName)
    }

    /// How many objects were there.
    private static func removeEverything(from store: RadosStore) async throws -> Int {
        var found = 0
        for cursor in try await store.reader.enumerate(.all, slices: 4) {
            while let page = try await cursor.next() {
                found += page.count
                await withTaskGroup(of: Void.self) { group in
                    for object in page {
                        group.addTask { _ = await store.writer.apply(WriteOperation([.remove]), to: object) }
                    }
                }
            }
        }
        return found
    }
}
#endif
