public import Registry

/// The difference between an earlier and a later state of a registry, or between two registries.
public struct RegistryDifference: Hashable, Sendable {
    /// Something that has another name now.
    public struct Move<Name: Hashable & Sendable>: Hashable, Sendable {
        /// The earlier name.
        public let from: Name
        /// The later name.
        public let to: Name
    }

    /// A tag that names another manifest now. nil for a manifest whose link cannot be read.
    public struct Change: Hashable, Sendable {
        /// The tag.
        public let tag: ImageReference
        /// The earlier manifest.
        public let before: Digest?
        /// The later manifest.
        public let after: Digest?
    }

    /// The size of a repository, before and after.
    public struct Growth: Hashable, Sendable {
        /// The later name, or the earlier one of a repository that went.
        public let name: RepositoryName
        /// The earlier name, if it was another one.
        public let formerName: RepositoryName?
        /// The earlier size in bytes; nil if it was not there.
        public let before: UInt64?
        /// The later size; nil if it is not there.
        public let after: UInt64?

        /// The later size minus the earlier one.
        public var change: Int64 { Int64(clamping: after ?? 0) - Int64(clamping: before ?? 0) }
    }

    /// The repositories that came, sorted.
    public private(set) var repositoriesCome: [RepositoryName] = []
    /// The repositories that went, sorted.
    public private(set) var repositoriesGone: [RepositoryName] = []
    /// The repositories with another name: the same tags name the same manifests.
    public private(set) var repositoriesMoved: [Move<RepositoryName>] = []
    /// The tags that came, sorted; also those of repositories that came.
    public private(set) var tagsCome: [ImageReference] = []
    /// The tags that went, sorted; also those of repositories that went.
    public private(set) var tagsGone: [ImageReference] = []
    /// The tags with another name: the manifest of a tag that went has a new tag. Tags of moved
    /// repositories are left out.
    public private(set) var tagsMoved: [Move<ImageReference>] = []
    /// The tags that name another manifest.
    public private(set) var tagsChanged: [Change] = []
    /// The repositories whose size changed; those that grew most come first.
    public private(set) var growth: [Growth] = []

    /// True if repositories, tags and sizes are the same.
    public var isEmpty: Bool {
        repositoriesCome.isEmpty && repositoriesGone.isEmpty && repositoriesMoved.isEmpty && tagsCome.isEmpty
            && tagsGone.isEmpty && tagsMoved.isEmpty && tagsChanged.isEmpty && growth.isEmpty
    }

    /// Compares two states.
    public init(from before: RegistryContents, to after: RegistryContents) {
        let (old, new) = (before.repositories, after.repositories)
        var gone = old.keys.filter { new[$0] == nil }.sorted()
        var come = new.keys.filter { old[$0] == nil }.sorted()
        for name in gone {
            guard let tags = old[name]?.tags, !tags.isEmpty, tags.values.allSatisfy({ $0 != nil }),
                let index = come.firstIndex(where: { new[$0]?.tags == tags })
            else { continue }
            repositoriesMoved.append(Move(from: name, to: come.remove(at: index)))
        }
        gone.removeAll { name in repositoriesMoved.contains { $0.from == name } }
        (repositoriesCome, repositoriesGone) = (come, gone)
        let stayed = old.keys.filter { new[$0] != nil }
        var went: [(tag: ImageReference, digest: Digest?)] = []
        var came: [(tag: ImageReference, digest: Digest?)] = []
        for name in stayed + gone + come {
            let (earlier, later) = (old[name]?.tags ?? [:], new[name]?.tags ?? [:])
            for tag in Set(earlier.keys).union(later.keys) {
                guard let reference = ImageReference(name, .tag(tag)) else { continue }
                switch (earlier[tag], later[tag]) {
                case (let one?, let other?):
                    if one != other { tagsChanged.append(Change(tag: reference, before: one, after: other)) }
                case (let one?, nil): went.append((reference, one))
                case (nil, let other?): came.append((reference, other))
                case (nil, nil): break
                }
            }
        }
        pair(went, came)
        tagsChanged.sort { $0.tag.description < $1.tag.description }
        measure(old, new, stayed)
    }

    /// Tells tags that moved from those that went and came.
    private mutating func pair(
        _ went: [(tag: ImageReference, digest: Digest?)], _ came: [(tag: ImageReference, digest: Digest?)]
    ) {
        var targets: [Digest: [ImageReference]] = [:]
        for (tag, digest) in came.sorted(by: { $0.tag.description > $1.tag.description }) {
            if let digest { targets[digest, default: []].append(tag) } else { tagsCome.append(tag) }
        }
        for (tag, digest) in went.sorted(by: { $0.tag.description < $1.tag.description }) {
            if let digest, let target = targets[digest]?.popLast() {
                tagsMoved.append(Move(from: tag, to: target))
            } else {
                tagsGone.append(tag)
            }
        }
        tagsCome = (tagsCome + targets.values.joined()).sorted { $0.description < $1.description }
    }

    private mutating func measure(
        _ old: [RepositoryName: RegistryContents.Repository], _ new: [RepositoryName: RegistryContents.Repository],
        _ stayed: [RepositoryName]
    ) {
        growth = (stayed + repositoriesCome + repositoriesGone).map {
            Growth(name: $0, formerName: nil, before: old[$0]?.size, after: new[$0]?.size)
        }
        growth += repositoriesMoved.map {
            Growth(name: $0.to, formerName: $0.from, before: old[$0.from]?.size, after: new[$0.to]?.size)
        }
        growth = growth.filter { $0.change != 0 }.sorted { ($1.change, $0.name) < ($0.change, $1.name) }
    }
}
