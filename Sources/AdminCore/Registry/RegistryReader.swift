/// The reading half of the registry: its repositories and documents, on any store.
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError.notFound` for what is not
/// there, `StoreError` for a store that does not answer. Damage of the pool is never an error of a listing: it is a
/// row's state.
public struct RegistryReader: Sendable {
    /// The tree the registry lies in.
    public let storage: StorageReader
    /// Where it lies.
    public let paths: RegistryPaths

    /// A reader of the registry in `storage`.
    public init(storage: StorageReader, paths: RegistryPaths = RegistryPaths()) {
        self.storage = storage
        self.paths = paths
    }

    /// The names of all repositories, sorted: every directory that has one of `_manifests`, `_layers`, `_uploads`, at
    /// any depth. Empty if the pool holds no registry; the pool is asked whether it is there at all then, since a
    /// deleted one answers every question with "no such object". Reads directories only.
    public func repositoryNames() async throws -> [RepositoryName] {
        try await repositoryNames { _ in }
    }

    /// The same; `found` is told of names as soon as they are met, in no particular order, each once, a few at a
    /// time. It is awaited: while it runs, no further directory is begun.
    ///
    /// Listings are pipelined. A directory that is listed but has no object is empty (docs/layout.md#d9); one that is
    /// not listed is not seen. Names that break the path rule are never followed; paths only grow, so every walk ends.
    public func repositoryNames(
        found: @escaping @Sendable ([RepositoryName]) async -> Void
    ) async throws -> [RepositoryName] {
        try await withThrowingTaskGroup(of: Visit.self) { group in
            var pending: [[String]] = [[]]
            var underWay = 0
            var names: [RepositoryName] = []
            while true {
                while underWay < window, let next = pending.popLast() {
                    underWay += 1
                    group.addTask { try await visit(next) }
                }
                guard let visit = try await group.next() else { break }
                underWay -= 1
                pending += visit.below
                if let name = visit.repository {
                    names.append(name)
                    await found([name])
                }
            }
            return names.sorted()
        }
    }

    /// One pass over the registry: what it reads of a blob or manifest is read once, however many repositories share
    /// it. Make a new pass to see what changed since.
    public func pass() -> RegistryPass {
        RegistryPass(reader: self)
    }

    /// Whether the registry is a pull-through cache: what it keeps is another registry's, and what is missing is
    /// fetched again from there. One of them keeps the times at which its blobs expire in the root of its storage.
    public func isPullThroughCache() async throws -> Bool {
        if case .file? = try await storage.entry(RegistryPaths.schedule)?.kind { true } else { false }
    }

    /// What one directory below `repositories` is and holds.
    private struct Visit: Sendable {
        let repository: RepositoryName?
        let below: [[String]]
    }

    private func visit(_ components: [String]) async throws -> Visit {
        let path = paths.repositories.appending(.literal(components))
        let entries = try await storage.entries(path)
        if entries == nil, components.isEmpty { _ = try await storage.objects.status() }
        let children = RegistryReader.directories(in: entries ?? [])
        let isRepository = children.contains(where: RegistryPaths.parts.contains)
        return Visit(
            repository: isRepository ? RepositoryName(components: components) : nil,
            below: children.filter { $0.first != "_" }.map { components + [$0] })
    }
}
