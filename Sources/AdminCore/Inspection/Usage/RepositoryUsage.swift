/// What the tags and the untagged manifests of one repository need.
public struct RepositoryUsage: Hashable, Sendable {
    /// One thing that keeps blobs: a tag, or a manifest that no tag reaches.
    public struct Item: Hashable, Sendable {
        /// The tag; nil for a manifest that no tag reaches.
        public let tag: String?
        /// The manifest; nil if the tag's link cannot be read.
        public let digest: Digest?
        /// Bytes of every blob it needs, each once.
        public let size: UInt64
        /// The part of `size` that nothing else in the registry needs: no other repository, and here no other tag or manifest. Of two tags on
        /// one manifest neither needs anything alone.
        public let unique: UInt64
        /// The blobs, the largest first.
        public let blobs: [Blob]

        /// The part of `size` that something else needs as well.
        public var shared: UInt64 { size - unique }
    }

    /// A blob that an item needs.
    public struct Blob: Hashable, Sendable {
        /// Its digest.
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
    /// Bytes of every blob it needs, each once.
    public let size: UInt64
    /// The part of `size` that no other repository needs.
    public let unique: UInt64
    /// Its tags by name, then the manifests that no tag reaches by digest. A manifest that is a part of an index is not listed by itself.
    public let items: [Item]

    /// The part of `size` that others need as well.
    public var shared: UInt64 { size - unique }
}

extension RepositoryUsage {
    /// What the facts say, which must have been gathered with the scopes `.tagLinks` and `.reach`. `isOwn`: whether no other repository
    /// needs a blob.
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

/// The manifests from which all that a repository keeps is reached, none of them needlessly.
struct RepositoryRoots {
    /// Those that tags name.
    let tagged: Set<Digest>
    /// Those that no tag reaches, and no other one of them, sorted.
    private(set) var untagged: [Digest] = []
    /// What each of them reaches.
    private(set) var closures: [Digest: [Digest: UInt64]] = [:]

    /// The facts must have been gathered with the scopes `.tagLinks` and `.reach`.
    init(facts: RepositoryFacts) {
        tagged = Set(facts.tags.values.compactMap(\.digest))
        for digest in tagged { closures[digest] = Closure(of: [digest], in: facts).sizes }
        var covered = Set(closures.values.flatMap(\.keys))
        let candidates = facts.heldRevisions.filter { !covered.contains($0) }
        let reach = candidates.map { ($0, Closure(of: [$0], in: facts).sizes) }
        let inner = Set(reach.flatMap { digest, sizes in sizes.keys.filter { $0 != digest } })
        // First what nothing else reaches; then one of each ring of indexes that name each other.
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
