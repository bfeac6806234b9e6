import ObjectStore
import StorageDriver

/// The name of a repository: one or more components, as in `team/x/deep`. A component is a valid
/// path component that does not begin with `_` (those are the registry's own directories).
public struct RepositoryName: Hashable, Sendable {
    /// The components, at least one.
    public let components: [String]

    /// Parses a name; nil if the text is no name.
    public init?(_ text: some StringProtocol) {
        self.init(
            components: String(text).split(separator: "/" as Character, omittingEmptySubsequences: false).map(
                String.init))
    }

    /// Creates a name of these components; nil if they make no name.
    public init?(components: [String]) {
        guard !components.isEmpty,
            components.allSatisfy({ StoragePath.isValid(component: $0) && $0.first != "_" })
        else { return nil }
        self.components = components
    }

    /// The name as text.
    public var string: String { components.joined(separator: "/") }
}

extension RepositoryName: CustomStringConvertible {
    /// The name as text.
    public var description: String { string }
}

extension RepositoryName: Comparable {
    /// Orders by the bytes of the text.
    public static func < (left: RepositoryName, right: RepositoryName) -> Bool {
        ByteString(left.string) < ByteString(right.string)
    }
}
