/// The reading half of a store of objects. RADOS and SQLite pass the same conformance suite.
///
/// Concurrency: every method may be called from any task. The store bounds the operations in flight
/// (see `load`); further calls wait. After its task is cancelled, a call soon throws `StoreError`
/// of kind `.cancelled`. Errors: `StoreError` only.
public protocol ObjectReader: Sendable {
    /// Reads from one object in one round trip.
    ///
    /// - Returns: nil only if the object is proven not to exist.
    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState?

    /// Returns cursors that together enumerate every object once, in no particular order. An object
    /// that is created or removed meanwhile may be missed.
    ///
    /// - Parameters:
    ///   - scope: The namespaces.
    ///   - slices: The number of cursors, at least 1, of about equal size. They can be followed in
    ///     parallel.
    /// - Throws: `StoreError` of kind `.incomplete` if objects are known to be missed
    ///   (`CacheTiering`). The cursors throw it at their end as well.
    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor]

    /// Like `enumerate`, but may miss objects: for samples, never for a proof.
    func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor]

    /// Returns the placement group and the OSDs of an object, existing or not; nil if the store has
    /// none.
    func placement(of object: ObjectID) async throws -> Placement?

    /// Returns the identity, the size and the health of the store. May need a round trip to the
    /// monitors.
    func status() async throws -> StoreStatus

    /// The current load. Costs nothing and never waits.
    var load: StoreLoad { get }
}

extension ObjectReader {
    /// See the requirement; an enumeration by default.
    public func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await enumerate(scope, slices: slices)
    }

    /// Returns the whole omap of one version of an object; nil if the object does not exist.
    ///
    /// Compares the versions of the pages, and begins again if the object changes in between.
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - limit: The most keys to read, which bounds the memory.
    /// - Throws: `StoreError`: `.busy` if the object changes again and again; `.invalid` if there
    ///   are more keys than `limit`, or if a key holds a zero byte, after which RADOS cannot list.
    public func wholeOmap(of object: ObjectID, atMost limit: Int = 10_000_000) async throws -> ObjectState? {
        for _ in 0..<8 {
            var entries: [OmapEntry] = []
            var version: UInt64?
            while true {
                let page = ReadOperation(omap: .page(after: entries.last?.key, limit: ReadOperation.largestPage))
                guard let state = try await read(page, of: object) else {
                    // Removed between two pages: the next round returns nil at its first page.
                    if version == nil { return nil }
                    break
                }
                if let version, state.version != version { break }
                version = state.version
                entries += state.omap
                if entries.count > limit {
                    throw StoreError(
                        .invalid, operation: "list keys", object: object, reason: "it has more than \(limit) keys")
                }
                if !state.hasMore {
                    return ObjectState(
                        version: state.version, size: state.size, modified: state.modified, omap: entries)
                }
                if state.omap.isEmpty || (state.omap.last?.key.bytes.contains(0) ?? false) {
                    throw StoreError(
                        .invalid, operation: "list keys", object: object,
                        reason: "the keys after a key with a zero byte cannot be listed")
                }
            }
        }
        throw StoreError(
            .busy, operation: "list keys", object: object, reason: "it changed again and again during the listing")
    }
}

/// A reader that changes or watches some answers of another reader, and passes on the rest.
package protocol WrappingReader: ObjectReader {
    /// The other reader.
    var base: any ObjectReader { get }
}

extension WrappingReader {
    package func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        try await base.read(operation, of: object)
    }

    package func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await base.enumerate(scope, slices: slices)
    }

    package func placement(of object: ObjectID) async throws -> Placement? {
        try await base.placement(of: object)
    }

    package func status() async throws -> StoreStatus {
        try await base.status()
    }

    package var load: StoreLoad { base.load }
}

/// The changing half of a store of objects. No type is both this and an `ObjectReader`, so that a
/// read-only session holds no `ObjectWriter` at all.
public protocol ObjectWriter: Sendable {
    /// Executes one operation on one object, atomically. The store never repeats it.
    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome
}

/// The namespaces of an enumeration.
public enum NamespaceScope: Hashable, Sendable {
    /// Every namespace of the pool.
    case all
    /// One namespace; the empty string is the default one.
    case namespace(String)
}

/// A position in the enumeration of a store. Only one task at a time may follow a cursor.
public struct ObjectCursor: Sendable {
    private let fetch: @Sendable () async throws -> [ObjectID]?

    /// A cursor whose pages come from `fetch`, which returns nil at the end.
    public init(_ fetch: @escaping @Sendable () async throws -> [ObjectID]?) {
        self.fetch = fetch
    }

    /// Returns the next page, which may be empty; nil at the end. Throws `StoreError`.
    public func next() async throws -> [ObjectID]? {
        try await fetch()
    }
}
