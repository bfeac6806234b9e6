import AdminCore
import Synchronization

/// How many operations go through a store.
final class OperationCount: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}

/// A reader that counts. Used in rounds that are not timed.
struct CountingReader: ObjectReader {
    let base: any ObjectReader
    let count: OperationCount

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        count.add()
        return try await base.read(operation, of: object)
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await base.enumerate(scope, slices: slices)
    }

    func placement(of object: ObjectID) async throws -> Placement? { try await base.placement(of: object) }

    func status() async throws -> StoreStatus { try await base.status() }

    var load: StoreLoad { base.load }
}

/// A writer that counts.
struct CountingWriter: ObjectWriter {
    let base: any ObjectWriter
    let count: OperationCount

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        count.add()
        return await base.apply(operation, to: object)
    }
}
