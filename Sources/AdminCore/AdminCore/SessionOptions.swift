public import ObjectStore
public import StorageDriver

/// The place of a registry, and the way to open it.
public struct SessionOptions: Sendable {
    /// The place of a store.
    public enum Location: Hashable, Sendable {
        /// A Ceph pool; see `SessionOptions.rados`.
        case rados
        /// An SQLite file.
        case sqlite(path: String)
        /// The embedded sample registry: in memory if the path is nil, else in this file, which is
        /// created if it is missing.
        case sample(path: String?)
    }

    /// The place of the store.
    public var location: Location
    /// The options for a cluster; ignored for other stores.
    public var rados: RadosOptions
    /// Bytes in a chunk.
    public var chunkSize: UInt64
    /// True for a read-only session.
    public var readOnly: Bool
    /// True if no registry writes to the store, so that there is no delay (`JournalPolicy.delay`).
    /// Always the case for SQLite stores.
    public var isOffline = false
    /// The state of the registries' descriptor caches.
    public var caches = CacheState.unknown
    /// True to create a missing SQLite file as an empty store, as for `load`; ignored for other
    /// stores.
    public var createsFile = false
    /// The clock of the session.
    public var clock = WallClock.system

    /// See the properties.
    public init(
        location: Location = .rados, rados: RadosOptions = RadosOptions(),
        chunkSize: UInt64 = StorageReader.defaultChunkSize, readOnly: Bool = false
    ) {
        self.location = location
        self.rados = rados
        self.chunkSize = chunkSize
        self.readOnly = readOnly
    }
}
