/// The changing half of the registry. A session that is read-only has none.
public struct RegistryAdmin: Sendable {
    /// The tree, with the right to change it.
    let driver: StorageDriver
    /// The registry to be changed.
    public let registry: RegistryReader

    /// An admin of `registry`, whose changes go through `driver`.
    init(registry: RegistryReader, driver: StorageDriver) {
        self.registry = registry
        self.driver = driver
    }

    /// Executes a plan, target by target, and says how each ended, in the plan's order. Never throws: when the task is cancelled, or a
    /// target fails for a reason that concerns all (no permission, no space), the rest is `skipped`.
    public func apply(_ plan: ChangePlan, progress: ProgressHandler? = nil) async -> [ChangeResult] {
        []
    }
}
