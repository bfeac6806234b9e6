public import Changes
public import Inspection
public import ObjectStore
import RadosStore
public import Registry
import SQLiteStore
import SampleRegistry
public import StorageDriver
public import StoreDump
import Foundation

/// An open store with its registry. Only this type selects a store.
///
/// Concurrency: a value that tasks may share. Close it once, after the last use.
public struct Session: Sendable {
    /// The name of the store for people: `pool registry`, `file /tmp/x.db`, `sample registry (in
    /// memory)`. A pool may be renamed while it is open; this is its name in the last status.
    public var name: String { naming() }
    /// The name of the pool in the last status; nil if the store is no pool.
    public var pool: String? { poolNaming?() }
    /// Notes for the user about the search for the store: "using pool registry, the only one that
    /// holds a registry".
    public let notes: [String]
    /// Reads the store.
    public let objects: any ObjectReader
    /// Reads the registry.
    public let registry: RegistryReader
    /// Builds plans: the targets and the costs of a change. Only reads.
    public var planner: ChangePlanner { ChangePlanner(registry: registry, policy: journal) }
    /// Changes the registry; nil in a read-only session.
    public let admin: RegistryAdmin?
    /// The note of the snapshot that is open; nil for other stores. A snapshot is read-only.
    public let snapshot: SnapshotNote?
    /// The clock of the session. That of a snapshot stands still at the time of the snapshot.
    public var clock: WallClock { journal.clock }
    /// The rules for the journal.
    let journal: JournalPolicy
    let shutDown: @Sendable () async -> Void
    private let naming: @Sendable () -> String
    private let poolNaming: (@Sendable () -> String)?
    /// Asks for the capabilities; nil if the store is no pool.
    private let asking: (@Sendable () async throws -> [String: String])?

    /// Reads the tree of files.
    public var storage: StorageReader { registry.storage }

    /// True if the session cannot change anything.
    public var isReadOnly: Bool { admin == nil }

    /// Returns the admin of the registry.
    ///
    /// - Throws: `ChangeError.readOnly` in a read-only session.
    public func changing() throws(ChangeError) -> RegistryAdmin {
        if let snapshot { throw .snapshot(snapshot.store, taken: snapshot.taken) }
        guard let admin else { throw .readOnly }
        return admin
    }

    /// The version of librados; nil without the package trait RADOS.
    public static var radosVersion: String? { RadosLibrary.version }

    /// The version of SQLite; nil if SQLite does not work.
    public static var sqliteVersion: String? { SQLiteLibrary.version }

    /// Reads the files and settings by which `open` connects to a cluster, without connecting.
    ///
    /// - Throws: `StoreError` for a file that librados would refuse;
    ///   `SessionError.radosNotBuiltIn`.
    public static func radosSetup(_ options: RadosOptions) async throws -> RadosSetup {
        #if RADOS
        return try await RadosCluster.setup(options)
        #else
        throw SessionError.radosNotBuiltIn
        #endif
    }

    /// Connects, and returns the names of the pools that can hold a registry, sorted.
    ///
    /// - Throws: `StoreError`; `SessionError.radosNotBuiltIn`.
    public static func pools(_ options: RadosOptions) async throws -> [String] {
        #if RADOS
        let cluster = try await RadosCluster.connect(options)
        do {
            let pools = try await cluster.pools().filter(\.canHoldRegistry).map(\.name)
            await cluster.close()
            return pools
        } catch {
            await cluster.close()
            throw error
        }
        #else
        throw SessionError.radosNotBuiltIn
        #endif
    }

    /// Asks for the capabilities of the client, by service, as in `["mon": "allow r"]`.
    ///
    /// - Returns: nil if the store is no pool.
    /// - Throws: `StoreError`: `.permissionDenied` if the client may not ask, as most may not.
    public func capabilities() async throws -> [String: String]? {
        try await asking?()
    }

    init(
        name: @escaping @autoclosure @Sendable () -> String, pool: (@Sendable () -> String)? = nil,
        notes: [String] = [],
        reader: any ObjectReader, writer: (any ObjectWriter)?, chunkSize: UInt64, journal: JournalPolicy,
        client: String? = nil, capabilities: (@Sendable () async throws -> [String: String])? = nil,
        snapshot: SnapshotNote? = nil, shutDown: @escaping @Sendable () async -> Void
    ) {
        self.snapshot = snapshot
        naming = name
        poolNaming = pool
        asking = capabilities
        self.notes = notes
        objects = reader
        self.journal = journal
        let storage = StorageReader(objects: reader, chunkSize: chunkSize, isSnapshot: snapshot != nil)
        registry = RegistryReader(storage: storage)
        admin = writer.map { [registry] in
            RegistryAdmin(
                registry: registry, driver: StorageDriver(reader: storage, writer: $0, policy: journal),
                by: .current(client: client))
        }
        self.shutDown = shutDown
    }

    /// Returns the registry and its pool at a glance.
    public func overview() async throws -> Overview {
        try await Overview.read(registry, journal: journal)
    }

    /// Returns the changes in the journal: interrupted ones, those of other processes, and those
    /// that wait for a last look.
    public func pendingChanges() async throws -> [PendingChange] {
        try await storage.pendingChanges(policy: journal)
    }

    /// Ends the session: cancels the operations in flight, and waits for their end.
    public func close() async {
        await shutDown()
    }

    // MARK: - Opening

    /// Opens a store. Writes nothing, except to create a missing sample, or a missing file with
    /// `SessionOptions.createsFile`.
    ///
    /// - Throws: `StoreError`; `SessionError` if no pool was named and there is not exactly one
    ///   with a registry.
    public static func open(_ options: SessionOptions) async throws -> Session {
        switch options.location {
        case .rados:
            #if RADOS
            return try await openPool(options)
            #else
            throw SessionError.radosNotBuiltIn
            #endif
        case .sqlite(let path): return try await openFile(path, named: "file \(ByteString(path))", options)
        case .sample(nil):
            let store = try SQLiteStore.inMemory(clock: options.clock)
            try await SampleRegistry.make(in: store.reader, store.writer)
            return session(of: store, named: "sample registry (in memory)", options)
        case .sample(let path?):
            if try !isThere(path) { try await makeSample(at: path, options.clock) }
            return try await openFile(path, named: "sample registry in \(ByteString(path))", options)
        }
    }

    private static func openFile(_ path: String, named name: String, _ options: SessionOptions) async throws -> Session
    {
        if !options.readOnly {
            let store = try await SQLiteStore.open(path: path, create: options.createsFile, clock: options.clock)
            if try await SnapshotNote.read(from: store.reader) == nil {
                return session(of: store, named: name, options)
            }
            await store.close()
        }
        // SQLite itself refuses to write through this reader.
        let reader = try await SQLiteReader.open(path: path)
        let note = try await SnapshotNote.read(from: reader)
        let clock = note.map { WallClock.stopped(at: $0.taken) } ?? options.clock
        return Session(
            name: note.map { "snapshot of \(ByteString($0.store)) in \(name)" } ?? name, reader: reader, writer: nil,
            chunkSize: note?.chunkSize ?? options.chunkSize, journal: JournalPolicy(delay: 0, clock: clock),
            snapshot: note
        ) { await reader.close() }
    }

    private static func session(of store: SQLiteStore, named name: String, _ options: SessionOptions) -> Session {
        Session(
            name: name, reader: store.reader, writer: options.readOnly ? nil : store.writer,
            chunkSize: options.chunkSize,
            // No registry writes to such a store.
            journal: JournalPolicy(delay: 0, clock: options.clock)
        ) { await store.close() }
    }

    /// False for a file that is missing or empty.
    private static func isThere(_ path: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue != 0
    }

    /// Creates the file of the sample, whole or not at all. Throws `StoreError`.
    private static func makeSample(at path: String, _ clock: WallClock) async throws {
        try await FileDraft.write(path) { draft in
            let store = try await SQLiteStore.open(path: draft, create: true, clock: clock)
            do {
                try await SampleRegistry.make(in: store.reader, store.writer)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    #if RADOS
    /// Connects, and opens the pool of the options, or else the only pool that holds a registry.
    private static func openPool(_ options: SessionOptions) async throws -> Session {
        let cluster = try await RadosCluster.connect(options.rados)
        do {
            var notes: [String] = []
            let pool: String
            if let named = options.rados.pool {
                pool = named
            } else {
                pool = try await onlyRegistry(in: cluster, &notes)
            }
            let store = try await cluster.open(pool: pool)
            return Session(
                name: "pool \(ByteString(store.poolName))", pool: { store.poolName }, notes: notes,
                reader: store.reader,
                writer: options.readOnly ? nil : store.writer, chunkSize: options.chunkSize,
                journal: JournalPolicy(
                    delay: options.isOffline ? 0 : JournalPolicy.usualDelay, caches: options.caches,
                    stall: JournalPolicy.usualDelay,
                    clock: options.clock),
                client: cluster.client, capabilities: { try await store.capabilities() }
            ) { await store.close() }
        } catch {
            await cluster.close()
            throw error
        }
    }

    /// Returns the only pool that holds a registry. Throws `SessionError` if there are none or
    /// several, `StoreError` if none was found and a pool did not answer.
    private static func onlyRegistry(in cluster: RadosCluster, _ notes: inout [String]) async throws -> String {
        let search = try await cluster.poolsHolding(StorageReader.directory(RegistryPaths().repositories))
        guard let pool = search.found.first else {
            if let silent = search.unanswered.sorted(by: { $0.key < $1.key }).first { throw silent.value }
            throw SessionError.noRegistry(pools: try await cluster.pools().map(\.name))
        }
        guard search.found.count == 1 else { throw SessionError.severalPools(search.found) }
        let all =
            search.forbidden.isEmpty
            ? "the only one that holds a registry" : "the only readable one that holds a registry"
        notes.append("using pool \(ByteString(pool)), \(all)")
        if !search.forbidden.isEmpty {
            let names = search.forbidden.map { "\(ByteString($0))" }.joined(separator: ", ")
            notes.append("\(cluster.client) may not read \(names), which may hold a registry")
        }
        for silent in search.unanswered.keys.sorted() {
            notes.append(
                "pool \(ByteString(silent)) did not answer, and may hold a registry as well: name the pool with -p")
        }
        return pool
    }
    #endif

    // MARK: - Dumps

    /// Fills the store, which must be empty, with a dump; see `StoreDump.load`.
    ///
    /// - Throws: `StoreError`: `.permissionDenied` in a read-only session, and the errors of
    ///   `StoreDump.load`.
    public func load(
        from source: any DumpSource, progress: ProgressHandler? = nil
    ) async throws -> StoreDump.Summary {
        guard let admin else {
            throw StoreError(.permissionDenied, operation: "load", reason: "this session is read-only")
        }
        return try await StoreDump.load(from: source, into: objects, admin.driver.writer.objects, progress: progress)
    }

    /// Checks a dump, and that the store is empty, as `load` does, without writing anything.
    public func rehearseLoad(
        from source: any DumpSource, progress: ProgressHandler? = nil
    ) async throws -> StoreDump.Summary {
        try await StoreDump.load(from: source, into: objects, DiscardingWriter(), progress: progress)
    }
}

/// Applies every operation to nothing.
private struct DiscardingWriter: ObjectWriter {
    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome { .applied }
}
