#if RADOS
@testable import RadosStore
import Foundation

/// Pools that suites use one after the other: emptying one takes milliseconds, making another one
/// takes a second.
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
        try await StoreUnderTest(.rados, reader: store.reader, writer: store.writer).removeEverything()
        return store
    }

    /// Closes the store; the next one may take its pool.
    func giveBack(_ store: RadosStore) async {
        await store.close()
        free.append(store.poolName)
    }
}
#endif
