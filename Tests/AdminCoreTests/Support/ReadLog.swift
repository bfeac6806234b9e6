import Synchronization

@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Records every read.
final class ReadLog: WrappingReader {
    /// A read of an object, or of a part of its omap.
    struct Read: Hashable, Sendable {
        let object: ObjectID
        /// The key after which a page begins; nil for the first page, and for other reads.
        let after: ByteString?
    }

    let base: any ObjectReader
    private let reads = Mutex<[Read: Int]>([:])

    init(_ base: any ObjectReader) {
        self.base = base
    }

    /// A registry that is read through the log.
    var registry: RegistryReader { RegistryReader(storage: StorageReader(objects: self)) }

    /// The number of reads.
    var count: Int { reads.withLock { $0.values.reduce(0, +) } }

    /// The number of reads of each object.
    var counts: [ObjectID: Int] {
        reads.withLock { reads in reads.reduce(into: [:]) { $0[$1.key.object, default: 0] += $1.value } }
    }

    /// The objects of which the same was read more than once.
    var repeated: Set<ObjectID> { reads.withLock { Set($0.filter { $0.value > 1 }.keys.map(\.object)) } }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        var after: ByteString?
        if case .page(let key, _) = operation.omap { after = key }
        let read = Read(object: object, after: after)
        reads.withLock { $0[read, default: 0] += 1 }
        return try await base.read(operation, of: object)
    }
}
