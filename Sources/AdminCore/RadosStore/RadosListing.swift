#if RADOS
import ObjectStore
import CRados
import Glibc
import Synchronization

/// The position and the end of one slice of an enumeration. Both are librados' own memory.
///
/// After an error, a timeout or a cancellation, every call throws that error: a page may be lost,
/// and an enumeration with a hole must not look complete.
final class RadosListing: Sendable {
    private struct Position: Sendable {
        /// Unsafe only as a pointer: it has one owner, the state or a running call.
        nonisolated(unsafe) let next: rados_object_list_cursor
        /// Unsafe only as a pointer: it has one owner, the state or a running call.
        nonisolated(unsafe) let end: rados_object_list_cursor
    }

    private enum State {
        case ready(Position)
        case running
        case ended
        case failed(StoreError)
    }

    private let context: IOContext
    private let state: Mutex<State>

    init(context: IOContext, next: rados_object_list_cursor, end: rados_object_list_cursor) {
        self.context = context
        state = Mutex(.ready(Position(next: next, end: end)))
    }

    /// Returns the next page; nil at the end. Blocking.
    func page(of size: Int) throws -> [ObjectID]? {
        guard let start = try begin() else { return nil }
        guard rados_object_list_cursor_cmp(context.raw, start.next, start.end) < 0 else {
            end(start, .ended)
            return nil
        }
        return try withUnsafeTemporaryAllocation(of: rados_object_list_item.self, capacity: size) { items in
            items.initialize(repeating: rados_object_list_item())
            // librados ends the process unless `rados_object_list_begin` has made the result
            // before.
            var following = rados_object_list_begin(context.raw)
            let count = rados_object_list(
                context.raw, start.next, start.end, size, nil, 0, items.baseAddress, &following)
            guard count >= 0, let following else {
                if let following { rados_object_list_cursor_free(context.raw, following) }
                let error = StoreError.rados(count < 0 ? count : -EIO, "list objects")
                end(start, .failed(error))
                throw error
            }
            defer { rados_object_list_free(Int(count), items.baseAddress) }
            rados_object_list_cursor_free(context.raw, start.next)
            let after = Position(next: following, end: start.end)
            end(after, .ready(after))
            return items.prefix(Int(count)).map(\.object)
        }
    }

    /// Ends the listing with an error, after its caller has given up the running call.
    func fail(_ error: StoreError) {
        let unused = state.withLock { state -> Position? in
            switch state {
            case .ready(let position):
                state = .failed(error)
                return position
            case .running:
                state = .failed(error)
                return nil
            case .ended, .failed:
                return nil
            }
        }
        if let unused { release(unused) }
    }

    /// Releases librados' memory, unless a call uses it. To be called before the context is
    /// destroyed.
    func free() {
        fail(.closed("list objects"))
    }

    private func begin() throws -> Position? {
        try state.withLock { state in
            switch state {
            case .ready(let position):
                state = .running
                return position
            case .running:
                throw StoreError(
                    .invalid, operation: "list objects", reason: "one cursor is followed by two tasks at once")
            case .ended: return nil
            case .failed(let error): throw error
            }
        }
    }

    /// Leaves `.running`, unless the caller has given up the call.
    private func end(_ position: Position, _ next: State) {
        let unused = state.withLock { state in
            if case .running = state { state = next }
            if case .ready = state { return false }
            return true
        }
        if unused { release(position) }
    }

    private func release(_ position: Position) {
        rados_object_list_cursor_free(context.raw, position.next)
        rados_object_list_cursor_free(context.raw, position.end)
    }
}

extension rados_object_list_item {
    /// The name and namespace of the object. A namespace that is no UTF-8 is repaired, since
    /// `ObjectID` has it as text.
    fileprivate var object: ObjectID {
        let name = UnsafeRawBufferPointer(start: oid, count: oid_length)
        let space = UnsafeRawBufferPointer(start: nspace, count: nspace_length)
        return ObjectID(ByteString(bytes: name), namespace: String(decoding: space, as: UTF8.self))
    }
}

/// The unfinished enumerations of a connection. Their memory must be released before the contexts.
final class ListingTable: Sendable {
    private let listings = Mutex<[ObjectIdentifier: RadosListing]>([:])

    func add(_ listing: RadosListing) {
        listings.withLock { $0[ObjectIdentifier(listing)] = listing }
    }

    func remove(_ listing: RadosListing) {
        // After `freeAll`, the context may be gone. The lock makes `freeAll` wait for this.
        listings.withLock { listings in
            listings.removeValue(forKey: ObjectIdentifier(listing))?.free()
        }
    }

    func freeAll() {
        let all = listings.withLock { listings in
            defer { listings = [:] }
            return Array(listings.values)
        }
        for listing in all { listing.free() }
    }
}

/// Owned by a cursor: the listing is released with the last copy of the cursor.
private final class ListingOwner: Sendable {
    let listing: RadosListing
    private let connection: RadosConnection

    init(_ listing: RadosListing, _ connection: RadosConnection) {
        self.listing = listing
        self.connection = connection
        connection.listings.add(listing)
    }

    deinit {
        connection.listings.remove(listing)
    }
}

extension RadosPool {
    /// The most objects in a page.
    private static let pageSize = 1000

    /// Cursors over `slices` equal parts of the pool's hash space.
    func cursors(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        if case .namespace(let name) = scope {
            // Checks the name of the namespace as well.
            _ = try await context(for: ObjectID("any", namespace: name), "list objects")
        }
        let context = try await context(scope, "list objects")
        let owners = try await connection.call("list objects", timeout: connection.bounds.command) { connection in
            try (0..<slices).map { try ListingOwner(Self.listing(context, $0, of: slices), connection) }
        }
        return owners.map { owner in
            ObjectCursor { [self] in
                let timeout = connection.bounds.operation
                do {
                    return try await connection.call("list objects", timeout: timeout) { _ in
                        try owner.listing.page(of: Self.pageSize)
                    }
                } catch let error as StoreError {
                    owner.listing.fail(error)
                    if error.errno == ENOENT { try await requireExistence("list objects", nil) }
                    throw error
                }
            }
        }
    }

    private static func listing(_ context: IOContext, _ index: Int, of count: Int) throws -> RadosListing {
        // The two results must exist before the call.
        let first = rados_object_list_begin(context.raw)
        let last = rados_object_list_end(context.raw)
        var start = rados_object_list_begin(context.raw)
        var end = rados_object_list_begin(context.raw)
        rados_object_list_slice(context.raw, first, last, index, count, &start, &end)
        rados_object_list_cursor_free(context.raw, first)
        rados_object_list_cursor_free(context.raw, last)
        guard let start, let end else { throw StoreError.rados(-ENOMEM, "list objects") }
        return RadosListing(context: context, next: start, end: end)
    }
}
#endif
