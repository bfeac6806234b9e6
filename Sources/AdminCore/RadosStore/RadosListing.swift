#if RADOS
import CRados
import Glibc
import Synchronization

/// Where one slice of an enumeration stands, and where it ends. Both positions are librados' own memory.
///
/// After an error, a timeout and a cancellation included, it throws that error for ever: a page may be lost, and an
/// enumeration with a hole must not look like a whole one.
final class RadosListing: Sendable {
    private struct Position: Sendable {
        /// Unsafe only as a pointer: whoever has it, the state or a running call, is the only one.
        nonisolated(unsafe) let next: rados_object_list_cursor
        /// Unsafe only as a pointer: whoever has it, the state or a running call, is the only one.
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

    /// The next page, nil at the end. Blocking.
    func page(of size: Int) throws -> [ObjectID]? {
        guard let start = try begin() else { return nil }
        guard rados_object_list_cursor_cmp(context.raw, start.next, start.end) < 0 else {
            end(start, .ended)
            return nil
        }
        return try withUnsafeTemporaryAllocation(of: rados_object_list_item.self, capacity: size) { items in
            items.initialize(repeating: rados_object_list_item())
            // librados ends the process unless the result was made by `rados_object_list_begin` before.
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

    /// The call that was to bring the next page was given up.
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

    /// Gives librados' memory back, if no call is using it. Before the context is destroyed.
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

    /// Leaves `.running`, unless the call was given up meanwhile.
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
    /// The object's name and namespace. A namespace that is no UTF-8 is repaired: `ObjectID` has it as text.
    fileprivate var object: ObjectID {
        let name = UnsafeRawBufferPointer(start: oid, count: oid_length)
        let space = UnsafeRawBufferPointer(start: nspace, count: nspace_length)
        return ObjectID(ByteString(bytes: name), namespace: String(decoding: space, as: UTF8.self))
    }
}

/// The enumerations of a connection that are not at their end: their memory goes before the contexts do.
final class ListingTable: Sendable {
    private let listings = Mutex<[ObjectIdentifier: RadosListing]>([:])

    func add(_ listing: RadosListing) {
        listings.withLock { $0[ObjectIdentifier(listing)] = listing }
    }

    func remove(_ listing: RadosListing) {
        // Not if `freeAll` has had it: the context may be gone by now. Under the lock, for `freeAll` to wait for it.
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

/// Held by a cursor alone: when the last copy of the cursor is gone, so is its listing.
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
    /// How many objects a page has at most.
    private static let pageSize = 1000

    /// Cursors over `slices` equal parts of the pool's hash space.
    func cursors(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        if case .namespace(let name) = scope {
            // Checks the namespace's name as well.
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
        // The two results must be made before, too.
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
