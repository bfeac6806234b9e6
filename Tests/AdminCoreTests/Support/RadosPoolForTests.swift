#if RADOS
@testable import RadosStore
import Foundation

/// Pools that suites use in turn: emptying a pool takes milliseconds, creating another one takes a
/// second.
actor RadosPoolForTests {
    static let shared = RadosPoolForTests()

    private var free: [String] = []

    /// Returns an open pool without objects that no other test uses. The caller passes it to
    /// `giveBack`.
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

    /// Closes the store; another test may then take its pool.
    func giveBack(_ store: RadosStore) async {
        await store.close()
        free.append(store.poolName)
    }
}
#endif
