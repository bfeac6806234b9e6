/// The words for a registry that keeps what it has fetched from another one.
public enum PullThroughCache {
    /// How the pool shows that it is one, and what that means.
    public static let sentence =
        "a pull-through cache (\(RegistryPaths.schedule) is there): its registry fetches again what is missing, and drops what has expired"
}
