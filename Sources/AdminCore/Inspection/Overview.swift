public import ObjectStore
public import Registry
public import StorageDriver

/// A summary of the registry and its pool, as `regtop status` shows it.
public struct Overview: Hashable, Sendable {
    /// The status of the store.
    public let store: StoreStatus
    /// The comparison of the assumed chunk size with that of the pool.
    public let chunkSize: ChunkSizeFinding
    /// The number of repositories.
    public let repositories: Int
    /// The number of tags in all repositories.
    public let tags: Int
    /// The number of unfinished uploads in all repositories.
    public let uploads: Int
    /// The number of deletions in the trash.
    public let trash: Int
    /// True if the registry is a pull-through cache.
    public let isPullThroughCache: Bool
    /// The open changes in the journal.
    public let pending: [PendingChange]

    /// Reads the summary. Lists directories and reads no document.
    ///
    /// - Throws: `StoreError`.
    public static func read(
        _ registry: RegistryReader, journal: JournalPolicy
    ) async throws -> Overview {
        async let store = registry.storage.objects.status()
        async let pending = registry.storage.pendingChanges(policy: journal)
        async let chunkSize = ChunkSizeProbe(storage: registry.storage).run()
        async let isCache = registry.isPullThroughCache()
        async let trash = registry.storage.entries(registry.paths.trash)
        let names = try await registry.repositoryNames()
        let counts = try await concurrentMap(names, window: registry.window) { name in
            async let tags = registry.storage.entries(registry.paths.tags(name))
            async let uploads = registry.storage.entries(registry.paths.uploads(name))
            return try await (
                RegistryReader.directories(in: tags ?? []).count, RegistryReader.directories(in: uploads ?? []).count
            )
        }
        return try await Overview(
            store: store, chunkSize: chunkSize, repositories: names.count, tags: counts.reduce(0) { $0 + $1.0 },
            uploads: counts.reduce(0) { $0 + $1.1 },
            trash: RegistryReader.directories(in: trash ?? []).count, isPullThroughCache: isCache, pending: pending)
    }
}
