import Synchronization

@testable import ObjectStore

/// A pool that is deleted after a number of operations: then each object is "not there" and each
/// listing is empty; only writes and a question for the pool itself fail (docs/layout.md#d12).
final class VanishingStore: ObjectReader, ObjectWriter {
    private let store: StoreUnderTest
    private let lasts: Int
    private let begun = Mutex(0)

    /// The pool exists for the first `operations` operations.
    init(_ store: StoreUnderTest, for operations: Int) {
        self.store = store
        lasts = operations
    }

    /// The number of operations that have begun.
    var count: Int { begun.withLock(\.self) }

    private static let gone = StoreError(.noSuchPool, operation: "ask for the pool", errno: 2, reason: "it was deleted")

    private func isThere() -> Bool {
        begun.withLock {
            $0 += 1
            return $0 <= lasts
        }
    }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        isThere() ? try await store.reader.read(operation, of: object) : nil
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await store.reader.enumerate(scope, slices: slices).map { cursor in
            ObjectCursor { self.isThere() ? try await cursor.next() : nil }
        }
    }

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        isThere() ? await store.writer.apply(operation, to: object) : .failed(Self.gone)
    }

    func status() async throws -> StoreStatus {
        guard isThere() else { throw Self.gone }
        return try await store.reader.status()
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    var load: StoreLoad { StoreLoad(limit: 1) }
}
