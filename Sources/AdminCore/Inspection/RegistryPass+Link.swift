extension RegistryPass {
    /// The current link of a tag and where it lies. Throws `StorageError.notFound` if there is no such tag.
    func link(ofTag tag: String, of name: RepositoryName) async throws -> (path: StoragePath, link: LinkFinding) {
        let facts = try await RepositoryInquiry(name: name, pass: self, scope: []).facts([.tag(tag)])
        try await requireTag(tag, of: name, in: facts)
        let path = try reader.paths.tags(name).appending(tag).appending(.literal("current", "link"))
        return (path, facts.tags[tag] ?? .missing)
    }
}
