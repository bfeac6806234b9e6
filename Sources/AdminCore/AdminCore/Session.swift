/// An open store with everything that can be done with it. The only place that picks a store.
///
/// Concurrency: a value; may be shared among tasks. Close it once, when nothing uses it any more.
public struct Session: Sendable {
    /// What the store is called for people: `pool registry`, `file /tmp/x.db`, `sample registry (in memory)`. A pool may be renamed while it
    /// is open; this is its name when it was last asked for its status.
    public var name: String { naming() }
    /// The pool's name, likewise; nil if the store is none.
    public var pool: String? { poolNaming?() }
    /// What the user should know about how the store was found: "using pool registry, the only one that holds a registry".
    public let notes: [String]
    /// The store, to read.
    public let objects: any ObjectReader
    /// The registry, to read.
    public let registry: RegistryReader
    /// Thinks changes through.
    public var planner: ChangePlanner { ChangePlanner(registry: registry, policy: journal) }
    /// The registry, to change; nil = read-only.
    public let admin: RegistryAdmin?
    /// What tells the moment.
    public var clock: WallClock { journal.clock }
    /// How the journal is kept.
    let journal: JournalPolicy
    let shutDown: @Sendable () async -> Void
    private let naming: @Sendable () -> String
    private let poolNaming: (@Sendable () -> String)?

    /// The tree, to read.
    public var storage: StorageReader { registry.storage }

    /// True if nothing can be changed.
    public var isReadOnly: Bool { admin == nil }

    /// The registry, to change.
    /// - Throws: `ChangeError.readOnly` if nothing can be changed.
    public func changing() throws(ChangeError) -> RegistryAdmin {
        guard let admin else { throw .readOnly }
        return admin
    }

    /// The librados that the program runs with; nil if it was built without RADOS.
    public static var radosVersion: String? { RadosLibrary.version }

    init(
        name: @escaping @autoclosure @Sendable () -> String, pool: (@Sendable () -> String)? = nil,
        notes: [String] = [],
        reader: any ObjectReader, writer: (any ObjectWriter)?, chunkSize: UInt64, journal: JournalPolicy,
        client: String? = nil, shutDown: @escaping @Sendable () async -> Void
    ) {
        naming = name
        poolNaming = pool
        self.notes = notes
        objects = reader
        self.journal = journal
        let storage = StorageReader(objects: reader, chunkSize: chunkSize)
        registry = RegistryReader(storage: storage)
        admin = writer.map { [registry] in
            RegistryAdmin(
                registry: registry, driver: StorageDriver(reader: storage, writer: $0, policy: journal),
                by: .current(client: client))
        }
        self.shutDown = shutDown
    }

    /// The registry and its pool at a glance.
    public func overview() async throws -> Overview {
        try await Overview.read(registry, journal: journal)
    }

    /// The changes that the journal holds: interrupted ones, those that others work on, those that are to be looked at once more.
    public func pendingChanges() async throws -> [PendingChange] {
        try await storage.pendingChanges(policy: journal)
    }

    /// Ends the session: operations in flight are cancelled and awaited.
    public func close() async {
        await shutDown()
    }
}
