/// What can be asked of a store of objects. RADOS and SQLite answer alike; the conformance suite says so.
///
/// Concurrency: every method may be called from any task at any time. The store bounds the operations in flight (see
/// `load`); further calls wait their turn. Cancelling a task makes its calls throw `StoreError` of kind `.cancelled` soon.
/// Errors: `StoreError` only.
public protocol ObjectReader: Sendable {
    /// Reads from one object in one round trip. nil if the object is proven not to exist.
    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState?

    /// Cursors that together enumerate every object once, in no particular order: `slices` (1…) of about equal size that
    /// can be followed in parallel. An object that is created or removed meanwhile may or may not be met.
    ///
    /// Throws `StoreError` of kind `.incomplete` where objects are known to be missed (`CacheTiering`), at the beginning and at the end.
    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor]

    /// The same without the promise that every object is met: for samples, never for a proof.
    func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor]

    /// On which placement group and OSDs an object lies, whether or not it exists. nil where the store has no such thing.
    func placement(of object: ObjectID) async throws -> Placement?

    /// Where and how big the store is, and how its cluster feels. May cost a round trip to the monitors.
    func status() async throws -> StoreStatus

    /// How busy the store is at this moment. Costs nothing, never waits.
    var load: StoreLoad { get }
}

extension ObjectReader {
    /// An enumeration: where nothing is missed, that is a sample as well.
    public func sample(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await enumerate(scope, slices: slices)
    }

    /// The whole omap of an object, as one version of it had it; nil if the object does not exist.
    ///
    /// A listing of more than one page is not atomic by itself: the version is compared over the pages, and the listing begins
    /// again where somebody wrote in between, a few times; then `StoreError` of kind `.busy`. The answer carries the state of the
    /// last page with all entries in it. A key that holds a zero byte cannot be paged past on RADOS: `.invalid`.
    ///
    /// `atMost`: how many keys are taken before the listing is refused as `.invalid` (memory is bounded by the caller).
    public func wholeOmap(of object: ObjectID, atMost limit: Int = 10_000_000) async throws -> ObjectState? {
        for _ in 0..<8 {
            var entries: [OmapEntry] = []
            var version: UInt64?
            while true {
                let page = ReadOperation(omap: .page(after: entries.last?.key, limit: ReadOperation.largestPage))
                guard let state = try await read(page, of: object) else {
                    // Gone between two pages: the next round says so from its first page.
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
                        reason: "a key with a zero byte stands in the way of the keys behind it")
                }
            }
        }
        throw StoreError(
            .busy, operation: "list keys", object: object, reason: "it was changed again and again during the listing")
    }
}

/// What can be changed in a store. Deliberately not an `ObjectReader`, and never the same value as one: a read-only session
/// holds no `ObjectWriter` at all.
public protocol ObjectWriter: Sendable {
    /// Executes one operation on one object, atomically. Never throws: the outcome says everything. Never repeated by the
    /// store on its own.
    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome
}

/// Which namespaces an enumeration covers.
public enum NamespaceScope: Hashable, Sendable {
    /// Every namespace of the pool.
    case all
    /// One namespace; the empty string is the default one.
    case namespace(String)
}

/// A place in the enumeration of a store. Follow each cursor from one task at a time.
public struct ObjectCursor: Sendable {
    private let fetch: @Sendable () async throws -> [ObjectID]?

    /// A cursor that gets its pages from `fetch`; nil ends it.
    public init(_ fetch: @escaping @Sendable () async throws -> [ObjectID]?) {
        self.fetch = fetch
    }

    /// The next objects: one page, possibly empty; nil at the end. Throws `StoreError`.
    public func next() async throws -> [ObjectID]? {
        try await fetch()
    }
}
