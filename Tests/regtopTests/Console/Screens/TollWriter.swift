import AdminCore
import Synchronization

/// Stands in front of a writer: counts, and refuses if it is told to.
final class TollWriter: ObjectWriter {
    private let base: any ObjectWriter
    private let refusal: StoreError?
    private let writes = Mutex(0)

    init(_ base: any ObjectWriter, refusal: StoreError? = nil) {
        self.base = base
        self.refusal = refusal
    }

    var count: Int { writes.withLock { $0 } }

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        writes.withLock { $0 += 1 }
        if let refusal { return .failed(refusal) }
        return await base.apply(operation, to: object)
    }
}
