extension RegistryPass {
    /// Every blob that some manifests of a repository reach, with its size in bytes: the manifests themselves, their configurations and
    /// layers, what an index names and what that reaches, signatures. A manifest that cannot be read reaches itself. What repositories
    /// share is read once in a pass.
    public func reach(of manifests: some Sequence<Digest>, in name: RepositoryName) async throws -> [Digest: UInt64] {
        let roots = Array(manifests)
        let inquiry = RepositoryInquiry(name: name, pass: self, scope: .reach)
        let facts = try await inquiry.facts(roots.flatMap { [.revision($0), .manifest($0)] })
        return Closure(of: roots, in: facts).sizes
    }
}
