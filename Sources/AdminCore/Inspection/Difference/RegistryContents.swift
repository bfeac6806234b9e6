public import ObjectStore
public import Registry
import StorageDriver

/// The repositories of a registry with their tags and sizes, for a comparison.
public struct RegistryContents: Hashable, Sendable {
    /// A repository.
    public struct Repository: Hashable, Sendable {
        /// The tags with their manifests; nil for a tag whose link cannot be read.
        public let tags: [String: Digest?]
        /// The bytes of the distinct blobs that its revisions reach.
        public let size: UInt64

        package init(tags: [String: Digest?], size: UInt64) {
            self.tags = tags
            self.size = size
        }
    }

    /// The repositories by name.
    public let repositories: [RepositoryName: Repository]

    package init(repositories: [RepositoryName: Repository]) {
        self.repositories = repositories
    }

    /// The number of tags.
    public var tags: Int { repositories.values.reduce(0) { $0 + $1.tags.count } }
    /// The sum of the sizes of the repositories. A blob that several of them share counts in each.
    public var size: UInt64 { repositories.values.reduce(0) { addingCapped($0, $1.size) } }

    /// Reads a registry. A repository that is removed meanwhile is left out.
    public static func read(
        _ registry: RegistryReader, progress: ProgressHandler? = nil
    ) async throws -> RegistryContents {
        let pass = registry.pass()
        let names = try await pass.repositoryNames()
        let counter = ProgressCounter(phase: "repositories", total: UInt64(names.count), handler: progress)
        let read = try await concurrentMap(names, window: registry.window) { name -> (RepositoryName, Repository)? in
            defer { counter.advance() }
            let facts = try await RepositoryInquiry.whole(name, in: pass, and: [.uploads])
            if facts.areEmpty { return nil }
            return (name, Repository(tags: facts.tags.mapValues(\.digest), size: facts.closure.size))
        }
        return RegistryContents(repositories: Dictionary(read.compactMap(\.self)) { first, _ in first })
    }
}
