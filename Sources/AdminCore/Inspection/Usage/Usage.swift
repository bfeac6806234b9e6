import ObjectStore
public import Registry

/// The use of space in the registry and in its pool.
public struct Usage: Hashable, Sendable {
    /// The blobs that one repository needs, in bytes as they were pushed, each blob once.
    public struct Repository: Hashable, Sendable {
        /// The repository.
        public let name: RepositoryName
        /// The number of blobs that its revisions and tags reach.
        public let blobs: Int
        /// The size of these blobs.
        public let size: UInt64
        /// The part of `size` that no other repository reaches.
        public let unique: UInt64
        /// The number of unreadable manifests; the sums lack the blobs that these need.
        public let unread: Int

        /// The part of `size` that other repositories reach as well.
        public var shared: UInt64 { size - unique }
    }

    /// The repositories, sorted by name.
    public let repositories: [Repository]
    /// The number of blobs that the repositories reach together.
    public let blobs: Int
    /// The size of these blobs, each once.
    public let size: UInt64
    /// The part of `size` that more than one repository reaches.
    public let shared: UInt64
    /// The objects of the pool by purpose; nil if not requested.
    public internal(set) var pool: PoolUsage?
    /// The reason why `pool` is unknown although it was requested, as a sentence: a cache tier
    /// hides objects.
    public internal(set) var poolObstacle: String?
    /// False if the task was cancelled: the sums are too small then, and unique sizes may be too
    /// large.
    public internal(set) var isComplete: Bool

    /// The part of `size` that exactly one repository reaches.
    public var unique: UInt64 { size - shared }

    /// The unique sizes by repository.
    public var uniqueSizes: [RepositoryName: UInt64] {
        Dictionary(uniqueKeysWithValues: repositories.map { ($0.name, $0.unique) })
    }
}

/// The objects of a pool by purpose: each object once, with its bytes in the store, without
/// replicas.
public struct PoolUsage: Hashable, Sendable {
    /// The purpose of an object. If an object has several, the first one counts.
    public enum Purpose: UInt8, Hashable, Sendable, CaseIterable {
        /// Blobs that a repository needs.
        case referenced
        /// Links, and all other small files in the registry's tree.
        case links
        /// Blobs that only deletions in the trash need, and the files there.
        case trash
        /// Unfinished uploads.
        case uploads
        /// Blobs that a collection has quarantined and not freed yet.
        case quarantine
        /// Blobs that nothing needs: garbage for a collection.
        case unreferenced
        /// Chunks without a reference: garbage, or a part of an incomplete file.
        case orphaned
        /// Bytes behind the end of the chunks of a needed blob: of no use, or in the wrong chunk
        /// after a resumed upload. `fsck` tells which.
        case surplus
        /// Directories. They have no data.
        case directories
        /// Regtop's own objects.
        case regtop
        /// Objects that belong to neither the registry nor regtop.
        case foreign
    }

    /// The sums of one purpose.
    public struct Share: Hashable, Sendable {
        /// The number of objects.
        public internal(set) var objects = 0
        /// Bytes of data.
        public internal(set) var bytes: UInt64 = 0
    }

    private var shares: [Purpose: Share] = [:]

    init() {}

    /// The sums of one purpose.
    public subscript(_ purpose: Purpose) -> Share { shares[purpose] ?? Share() }

    /// The sums of all purposes.
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

/// The blobs that the tags and the untagged manifests of one repository need.
public struct RepositoryUsage: Hashable, Sendable {
    /// A tag, or a manifest that no tag reaches, with the blobs that it keeps.
    public struct Item: Hashable, Sendable {
        /// The tag; nil for a manifest that no tag reaches.
        public let tag: String?
        /// The manifest; nil if the tag's link cannot be read.
        public let digest: Digest?
        /// Bytes of the blobs that it needs, each once.
        public let size: UInt64
        /// The part of `size` that nothing else in the registry needs: no other repository, and no
        /// other tag or manifest of this one. It is 0 for two tags of one manifest.
        public let unique: UInt64
        /// The blobs, the largest first.
        public let blobs: [Blob]

        /// The part of `size` that others need as well.
        public var shared: UInt64 { size - unique }
    }

    /// A blob that an item needs.
    public struct Blob: Hashable, Sendable {
        /// The digest of the blob.
        public let digest: Digest
        /// Bytes.
        public let size: UInt64
        /// True if nothing else in the registry needs it.
        public let isUnique: Bool
        /// True for a manifest.
        public let isManifest: Bool
    }

    /// The repository.
    public let name: RepositoryName
    /// Bytes of the blobs that it needs, each once.
    public let size: UInt64
    /// The part of `size` that no other repository needs.
    public let unique: UInt64
    /// The tags by name, then the manifests that no tag reaches, by digest. Manifests of a listed
    /// index are not listed themselves.
    public let items: [Item]

    /// The part of `size` that other repositories need as well.
    public var shared: UInt64 { size - unique }
}

extension RepositoryUsage {
    /// Computes the usage from facts.
    ///
    /// - Parameters:
    ///   - name: the repository.
    ///   - facts: its facts, with the scopes `.tagLinks` and `.reach`.
    ///   - isOwn: returns whether no other repository needs a blob.
    init(name: RepositoryName, facts: RepositoryFacts, isOwn: (Digest) -> Bool) {
        let roots = RepositoryRoots(facts: facts)
        var users: [Digest: Int] = [:]
        for sizes in roots.closures.values {
            for digest in sizes.keys { users[digest, default: 0] += 1 }
        }
        let tags = Dictionary(grouping: facts.tags.values.compactMap(\.digest), by: \.self).mapValues(\.count)
        func item(_ tag: String?, _ digest: Digest?) -> Item {
            let sizes = digest.flatMap { roots.closures[$0] } ?? [:]
            let isAlone = digest.map { tags[$0] ?? 0 <= 1 } ?? false
            let blobs = sizes.map { blob, size in
                Blob(
                    digest: blob, size: size, isUnique: isAlone && users[blob] == 1 && isOwn(blob),
                    isManifest: facts.manifests[blob] != nil)
            }.sorted { ($1.size, $0.digest) < ($0.size, $1.digest) }
            return Item(
                tag: tag, digest: digest, size: blobs.map(\.size).reduce(0, addingCapped),
                unique: blobs.filter(\.isUnique).map(\.size).reduce(0, addingCapped), blobs: blobs)
        }
        let tagged = facts.tags.sorted { $0.key < $1.key }.map { item($0.key, $0.value.digest) }
        items = tagged + roots.untagged.map { item(nil, $0) }
        let all = roots.closures.values.reduce(into: [:]) { all, sizes in
            all.merge(sizes) { first, _ in first }
        }
        self.name = name
        size = all.values.reduce(0, addingCapped)
        unique = all.filter { isOwn($0.key) }.values.reduce(0, addingCapped)
    }
}

/// The smallest set of manifests from which everything in a repository can be reached.
private struct RepositoryRoots {
    /// The manifests that tags name.
    let tagged: Set<Digest>
    /// The manifests that neither a tag nor another one of these reaches, sorted.
    private(set) var untagged: [Digest] = []
    /// The blobs that each root reaches, with their sizes.
    private(set) var closures: [Digest: [Digest: UInt64]] = [:]

    /// The facts need the scopes `.tagLinks` and `.reach`.
    init(facts: RepositoryFacts) {
        tagged = Set(facts.tags.values.compactMap(\.digest))
        for digest in tagged { closures[digest] = Closure(of: [digest], in: facts).sizes }
        var covered = Set(closures.values.flatMap(\.keys))
        let candidates = facts.heldRevisions.filter { !covered.contains($0) }
        let reach = candidates.map { ($0, Closure(of: [$0], in: facts).sizes) }
        let inner = Set(reach.flatMap { digest, sizes in sizes.keys.filter { $0 != digest } })
        // First the manifests that nothing else reaches; then one of each cycle of indexes.
        for isInner in [false, true] {
            for (digest, sizes) in reach where inner.contains(digest) == isInner && !covered.contains(digest) {
                untagged.append(digest)
                closures[digest] = sizes
                covered.formUnion(sizes.keys)
            }
        }
        untagged.sort()
    }
}
