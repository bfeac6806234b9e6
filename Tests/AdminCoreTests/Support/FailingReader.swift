@testable import ObjectStore
import Synchronization

/// Makes every read of one object fail, or the read of the store's status, and records the objects
/// that are read.
final class FailingReader: WrappingReader {
    let base: any ObjectReader
    private let victim: ObjectID?
    private let error: StoreError
    private let seen = Mutex<Set<ObjectID>>([])

    private let failsStatus: Bool

    /// Without a `victim`, no read of an object fails.
    init(_ base: any ObjectReader, victim: ObjectID?, failsStatus: Bool = false, error: StoreError) {
        self.failsStatus = failsStatus
        self.base = base
        self.victim = victim
        self.error = error
    }

    /// The objects that were read.
    var objects: Set<ObjectID> { seen.withLock { $0 } }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        _ = seen.withLock { $0.insert(object) }
        if object == victim { throw error }
        return try await base.read(operation, of: object)
    }

    func status() async throws -> StoreStatus {
        if failsStatus { throw error }
        return try await base.status()
    }
}
