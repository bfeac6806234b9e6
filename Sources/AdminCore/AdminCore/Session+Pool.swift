#if RADOS
extension Session {
    /// Connects and opens the pool that the options name, or the only one that holds a registry.
    static func openPool(_ options: SessionOptions) async throws -> Session {
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
                client: cluster.client
            ) { await store.close() }
        } catch {
            await cluster.close()
            throw error
        }
    }

    /// The only pool that holds a registry. Throws `SessionError` if there are none or several; `StoreError` if none was found but not
    /// every pool answered.
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
            notes.append("\(cluster.client) may not read \(names): whether there is a registry is not known")
        }
        for silent in search.unanswered.keys.sorted() {
            notes.append("pool \(ByteString(silent)) did not answer, and might hold one as well: name the pool with -p")
        }
        return pool
    }
}
#endif
