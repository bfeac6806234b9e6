/// Where the space is, in the registry and in its pool.
public struct Usage: Hashable, Sendable {
    /// What one repository needs. Bytes of its blobs as they were pushed, each once.
    public struct Repository: Hashable, Sendable {
        /// The repository.
        public let name: RepositoryName
        /// How many blobs its revisions and tags reach.
        public let blobs: Int
        /// Bytes of these blobs.
        public let size: UInt64
        /// The part of `size` that no other repository reaches.
        public let unique: UInt64
        /// How many of its manifests could not be read; what they need is not in the sums.
        public let unread: Int

        /// The part of `size` that others reach as well.
        public var shared: UInt64 { size - unique }
    }

    /// By name.
    public let repositories: [Repository]
    /// How many blobs all repositories together reach.
    public let blobs: Int
    /// Bytes of these blobs, each once, however many repositories share it.
    public let size: UInt64
    /// The part of `size` that several repositories reach.
    public let shared: UInt64
    /// The objects of the pool by what they are for; nil if that was not asked for.
    public internal(set) var pool: PoolUsage?
    /// Why that is not known though it was asked for, in a sentence: a cache tier hides objects.
    public internal(set) var poolObstacle: String?
    /// False if it was stopped before everything was looked at: everything is a part then, and unique sizes are too large.
    public internal(set) var isComplete: Bool

    /// The part of `size` that one repository alone reaches.
    public var unique: UInt64 { size - shared }

    /// The unique sizes by repository.
    public var uniqueSizes: [RepositoryName: UInt64] {
        Dictionary(uniqueKeysWithValues: repositories.map { ($0.name, $0.unique) })
    }
}

/// The objects of a pool by what they are for: every object once, with the bytes that it really has, replicas not counted.
public struct PoolUsage: Hashable, Sendable {
    /// What an object is for. The first one counts where several are true.
    public enum Purpose: UInt8, Hashable, Sendable, CaseIterable {
        /// Blobs that a repository needs.
        case referenced
        /// The registry's small files: links, and whatever else lies in its tree.
        case links
        /// Blobs that nothing needs but what lies in the trash, and the references there.
        case trash
        /// Unfinished uploads.
        case uploads
        /// Blobs that a collection has taken away from their place, and has not freed yet.
        case quarantine
        /// Blobs that nothing needs: garbage. A collection finds them.
        case unreferenced
        /// Chunks that no directory refers to: garbage, or a file that is being written at this moment.
        case orphaned
        /// Directories: no data, only names.
        case directories
        /// What regtop keeps for itself.
        case regtop
        /// What is not the registry's.
        case foreign
    }

    /// So many objects, and so many bytes in them.
    public struct Share: Hashable, Sendable {
        /// Objects.
        public internal(set) var objects = 0
        /// Bytes of data.
        public internal(set) var bytes: UInt64 = 0
    }

    private var shares: [Purpose: Share] = [:]

    /// Nothing yet.
    init() {}

    /// What is for one purpose.
    public subscript(_ purpose: Purpose) -> Share { shares[purpose] ?? Share() }

    /// All of it.
    public var total: Share {
        shares.values.reduce(into: Share()) { sum, share in
            sum.objects += share.objects
            sum.bytes = addingCapped(sum.bytes, share.bytes)
        }
    }

    mutating func add(_ bytes: UInt64, to purpose: Purpose, objects: Int = 1) {
        shares[purpose, default: Share()].objects += objects
        shares[purpose, default: Share()].bytes = addingCapped(self[purpose].bytes, bytes)
    }
}
