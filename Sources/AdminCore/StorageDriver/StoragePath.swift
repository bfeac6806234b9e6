/// A path of the registry's tree: `/` or `/a/b/c`, where each component is made of ASCII letters,
/// digits, `.`, `_` and `-`.
///
/// The rule is that of the old driver, `^(/[A-Za-z0-9._-]+)+$` (docker/distribution v2.3.1),
/// without the components `.` and `..`, which the old driver allows (docs/layout.md#d11). A value
/// of this type is always valid.
public struct StoragePath: Hashable, Sendable {
    /// The components; none for the root.
    public let components: [String]

    /// The root directory.
    public static let root = StoragePath(components: [])

    private init(components: [String]) {
        self.components = components
    }

    /// Parses a path. The root is valid here; methods that need a path below the root refuse it.
    ///
    /// - Throws: `StorageError.invalidPath` if the text is empty or not absolute, or has an empty
    ///   component, a slash at the end, a character outside the rule, or a component `.` or `..`.
    public init(_ text: String) throws {
        if text == "/" {
            self = .root
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { throw StorageError.invalidPath(text) }
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(StoragePath.isValid(component:)) else { throw StorageError.invalidPath(text) }
        self.init(components: parts)
    }

    /// The path of components that are known to be valid: names in the program's own text, or parts
    /// of validated values.
    package static func literal(_ components: String...) -> StoragePath {
        literal(components)
    }

    package static func literal(_ components: [String]) -> StoragePath {
        precondition(components.allSatisfy(isValid(component:)), "a component that was not validated")
        return StoragePath(components: components)
    }

    /// The child `component` of this directory. Throws `StorageError.invalidPath`.
    public func appending(_ component: String) throws -> StoragePath {
        guard StoragePath.isValid(component: component) else {
            throw StorageError.invalidPath((isRoot ? "" : string) + "/" + component)
        }
        return StoragePath(components: components + [component])
    }

    /// This path, followed by the components of another one.
    public func appending(_ other: StoragePath) -> StoragePath {
        StoragePath(components: components + other.components)
    }

    /// This path with `new` in place of `old`, if it is `old` or lies below it; otherwise this path
    /// itself.
    package func moved(from old: StoragePath, to new: StoragePath) -> StoragePath {
        guard components.starts(with: old.components) else { return self }
        return StoragePath(components: new.components + components.dropFirst(old.components.count))
    }

    /// True for `/`.
    public var isRoot: Bool { components.isEmpty }

    /// The last component; empty for the root.
    public var name: String { components.last ?? "" }

    /// The directory of this path; the root is its own parent.
    public var parent: StoragePath { StoragePath(components: components.dropLast()) }

    /// The path as text; for a directory also the name of its object.
    public var string: String { "/" + components.joined(separator: "/") }

    /// The path, and the directories above it but for the root, the outermost first.
    package var andAbove: [StoragePath] {
        components.indices.map { StoragePath(components: Array(components[...$0])) }
    }

    /// True if this path lies below `other` at any depth; false if they are equal.
    public func isBelow(_ other: StoragePath) -> Bool {
        components.count > other.components.count && components.starts(with: other.components)
    }

    /// Groups directories by their parents, in the order of paths.
    static func families(of directories: [StoragePath]) -> [(parent: StoragePath, children: [StoragePath])] {
        Dictionary(grouping: directories, by: \.parent).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The directories and all above them but the root, grouped by depth, the deepest first; each
    /// group in the order of paths.
    package static func levels(of directories: some Sequence<StoragePath>) -> [[StoragePath]] {
        var all: Set<StoragePath> = []
        for directory in directories {
            var path = directory
            while !path.isRoot, all.insert(path).inserted { path = path.parent }
        }
        return Dictionary(grouping: all, by: \.components.count).sorted { $0.key > $1.key }.map { $0.value.sorted() }
    }

    /// True if a name may be a component of a path.
    public static func isValid(component: String) -> Bool { isValid(component: component.utf8) }

    /// True if the bytes of a name may be a component of a path.
    static func isValid(component: some Collection<UInt8>) -> Bool {
        let dot = UInt8(ascii: ".")
        guard !component.isEmpty, component.count > 2 || component.contains(where: { $0 != dot }) else { return false }
        return component.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), dot, UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

extension StoragePath: CustomStringConvertible {
    /// The path as text.
    public var description: String { string }
}

extension StoragePath: Comparable {
    /// Orders by components, so that a directory is followed by the paths in it.
    public static func < (left: StoragePath, right: StoragePath) -> Bool {
        left.components.lexicographicallyPrecedes(right.components)
    }
}
