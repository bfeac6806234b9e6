/// Where to find a registry and how to treat it: what the command line's options say.
public struct SessionOptions: Sendable {
    /// Which store.
    public enum Location: Hashable, Sendable {
        /// A Ceph pool; which one, and how to get there, say the RADOS options.
        case rados
        /// An SQLite file that exists.
        case sqlite(path: String)
        /// The embedded sample registry: in memory if the path is nil, else in this file, which is made and kept, or opened if it is there.
        case sample(path: String?)
    }

    /// Which store.
    public var location: Location
    /// How to reach a cluster; of no meaning for other stores.
    public var rados: RadosOptions
    /// Bytes in a chunk.
    public var chunkSize: UInt64
    /// True for a session that cannot change anything.
    public var readOnly: Bool
    /// True if it is known that no registry writes to the store: then nothing waits for one (`JournalPolicy.delay`). An SQLite store never has
    /// one.
    public var isOffline = false
    /// What is known of the registries' descriptor caches.
    public var caches = CacheState.unknown
    /// True if an SQLite file that is not there becomes an empty store, as `load` needs it. Of no meaning for other stores.
    public var createsFile = false
    /// What tells the moment, for everything that is done with the session.
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
