/// The registry and its pool at a glance: what `status` shows.
public struct Overview: Hashable, Sendable {
    /// What the store says of itself.
    public let store: StoreStatus
    /// Whether the assumed chunk size is that of the pool.
    public let chunkSize: ChunkSizeFinding
    /// The number of repositories.
    public let repositories: Int
    /// The number of tags of all of them.
    public let tags: Int
    /// The number of their unfinished uploads.
    public let uploads: Int
    /// The number of deletions in the trash.
    public let trash: Int
    /// Whether the registry is a pull-through cache.
    public let isPullThroughCache: Bool
    /// The changes in the journal.
    public let pending: [PendingChange]

    /// Reads it: listings only, no document. Throws `StoreError`.
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
