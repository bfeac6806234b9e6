/// Thinks changes through. Only reads, so a read-only session has one, too.
public struct ChangePlanner: Sendable {
    /// The registry to be changed.
    public let registry: RegistryReader

    /// A planner for `registry`.
    public init(registry: RegistryReader) {
        self.registry = registry
    }

    /// The plan that removes what the references name (`DESIGN` §2.5): of a repository its `_manifests`, `_layers` and `_uploads`, of a
    /// tag that tag, of a digest the revision and every tag on it. What a target covers twice is removed once. Throws `ChangeError`.
    public func removal(of references: [ImageReference], progress: ProgressHandler? = nil) async throws -> ChangePlan {
        throw StorageError.unsupported("removal")
    }

    /// The plan that moves a repository to a name that does not exist, or a tag to another name in its repository; `force` replaces a tag
    /// that is there. Throws `ChangeError`.
    public func move(
        from source: ImageReference, to destination: ImageReference, force: Bool = false,
        progress: ProgressHandler? = nil
    ) async throws -> ChangePlan {
        throw StorageError.unsupported("move")
    }
}
