extension RegistryPass {
    /// Which tags of a repository, and which of its manifests that no tag names, reach a blob. A tag before a manifest, else sorted.
    func uses(of digest: Digest, in name: RepositoryName) async throws -> [BlobUse] {
        let inquiry = RepositoryInquiry(name: name, pass: self, scope: [.tagLinks, .reach])
        let facts = try await inquiry.facts([.tagNames, .revisionList])
        let tagged = facts.tags.compactMap { tag, link in link.digest.map { (tag: tag, digest: $0) } }
            .sorted { $0.tag < $1.tag }
        let roots = Set(tagged.map(\.digest)).union(facts.heldRevisions)
        guard Closure(of: roots, in: facts).sizes[digest] != nil else { return [] }
        let using = roots.filter { Closure(of: [$0], in: facts).sizes[digest] != nil }
        let untagged = using.subtracting(tagged.map(\.digest)).sorted()
        return tagged.filter { using.contains($0.digest) }
            .map { BlobUse(repository: name, tag: $0.tag, digest: $0.digest) }
            + untagged.map { BlobUse(repository: name, tag: nil, digest: $0) }
    }

    /// The current link of a tag and where it lies. Throws `StorageError.notFound` if there is no such tag.
    func link(ofTag tag: String, of name: RepositoryName) async throws -> (path: StoragePath, link: LinkFinding) {
        let facts = try await RepositoryInquiry(name: name, pass: self, scope: []).facts([.tag(tag)])
        try await requireTag(tag, of: name, in: facts)
        let path = try reader.paths.tags(name).appending(tag).appending(.literal("current", "link"))
        return (path, facts.tags[tag] ?? .missing)
    }
}
