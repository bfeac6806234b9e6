/// The reading half of the registry: its repositories and documents, on any store.
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError.notFound` for what is not there,
/// `StoreError` for a store that does not answer. Damage of the pool is never an error of a listing: it is a row's state.
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

    /// The names of all repositories, sorted: every directory that has one of `_manifests`, `_layers`, `_uploads`, at any depth.
    /// Empty if the pool holds no registry. Reads directories only.
    public func repositoryNames() async throws -> [RepositoryName] {
        throw StorageError.unsupported("listing repositories")
    }

    /// One pass over the registry: what it reads of a blob or manifest is read once, however many repositories share it. Make a
    /// new pass to see what changed since.
    public func pass() -> RegistryPass {
        RegistryPass(reader: self)
    }
}
