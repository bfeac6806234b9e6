#if RADOS
import CRados

/// One librados I/O context: a pool, seen through one namespace, which is set once and never changed (the setters are
/// not thread-safe, operations are).
final class IOContext: Sendable {
    /// Which context is meant.
    struct Key: Hashable, Sendable {
        let pool: Int64
        let namespace: NamespaceScope
    }

    /// Unsafe only as a pointer: it never changes, and operations on it are allowed from any thread. It belongs to the connection, which destroys
    /// it when nothing is in flight any more.
    nonisolated(unsafe) let raw: rados_ioctx_t

    init(raw: rados_ioctx_t) {
        self.raw = raw
    }
}
#endif
