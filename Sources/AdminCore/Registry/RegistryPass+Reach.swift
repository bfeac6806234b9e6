extension RegistryPass {
    /// Every blob that a manifest of a repository reaches, with its size in bytes: the manifest itself, its configuration and layers, what
    /// an index names and what that reaches, signatures. A manifest that cannot be read reaches itself. Each is read once in a pass.
    public func reach(of manifest: Digest, in name: RepositoryName) async throws -> [Digest: UInt64] {
        throw StorageError.unsupported("reach")
    }
}
