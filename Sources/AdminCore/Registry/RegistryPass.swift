/// One pass over a registry, which remembers what it has read. See `RegistryReader.pass()`.
///
/// Concurrency: every method may be called from any task; ask for many repositories at once, the store bounds what is in flight.
public struct RegistryPass: Sendable {
    /// The registry.
    public let reader: RegistryReader

    init(reader: RegistryReader) {
        self.reader = reader
    }

    /// A repository in a row. Throws `StorageError.notFound` if there is none of this name.
    public func summary(of name: RepositoryName) async throws -> RepositorySummary {
        throw StorageError.unsupported("repositories")
    }

    /// The tags of a repository, sorted. Throws `StorageError.notFound` if there is no such repository.
    public func tags(of name: RepositoryName) async throws -> [TagSummary] {
        throw StorageError.unsupported("tags")
    }

    /// One tag in a row. Throws `StorageError.notFound` if there is none.
    public func tag(_ tag: String, of name: RepositoryName) async throws -> TagSummary {
        throw StorageError.unsupported("tags")
    }

    /// The names of the tags of a repository, sorted; one listing, no manifest is read.
    public func tagNames(of name: RepositoryName) async throws -> [String] {
        throw StorageError.unsupported("tags")
    }

    /// The manifests of a repository, sorted by digest: revision links, whether or not a tag names them.
    public func revisions(of name: RepositoryName) async throws -> [Digest] {
        throw StorageError.unsupported("revisions")
    }

    /// One manifest in full. The reference must be a tag or a digest; throws `StorageError.notFound` if there is no such thing.
    public func image(_ reference: ImageReference) async throws -> ImageDetail {
        throw StorageError.unsupported("images")
    }

    /// The unfinished uploads of a repository, sorted by identifier.
    public func uploads(of name: RepositoryName) async throws -> [UploadSummary] {
        throw StorageError.unsupported("uploads")
    }

    /// The part of a repository's size that no other one reaches, in bytes, for each repository. Needs all of them: expensive.
    public func uniqueSizes() async throws -> [RepositoryName: UInt64] {
        throw StorageError.unsupported("unique sizes")
    }
}
