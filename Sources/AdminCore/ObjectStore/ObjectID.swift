/// The identity of an object in a pool: its name and its RADOS namespace.
public struct ObjectID: Hashable, Sendable {
    /// The RADOS namespace, of at most 256 bytes; empty for the default one, which holds the
    /// registry.
    public let namespace: String

    /// The object's name, of at most 2048 bytes.
    public let name: ByteString

    /// The object `name` in a namespace, by default in the default one.
    public init(_ name: ByteString, namespace: String = "") {
        self.name = name
        self.namespace = namespace
    }

    /// The reason why no store can hold an object of this name; nil if there is none.
    ///
    /// For librados, names are C strings: a zero byte would silently mean another object.
    public var violation: String? {
        if name.isEmpty { return "an object's name cannot be empty" }
        if name.count > StoreLimits.objectName {
            return "its name has \(name.count) bytes; the limit is \(StoreLimits.objectName)"
        }
        if name.bytes.contains(0) { return "its name has a zero byte" }
        if namespace.utf8.count > StoreLimits.namespace {
            return "its namespace has \(namespace.utf8.count) bytes; the limit is \(StoreLimits.namespace)"
        }
        return namespace.utf8.contains(0) ? "its namespace has a zero byte" : nil
    }
}

extension ObjectID: Comparable {
    /// Compares the namespaces, then the bytes of the names.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
    }
}

extension ObjectID: CustomStringConvertible {
    /// The text for messages: the name, after the namespace if that is not the default one.
    public var description: String {
        namespace.isEmpty ? name.description : "\(namespace):\(name)"
    }
}

/// Limits of every store, those of an OSD with its default options. A store refuses to exceed them,
/// with `StoreError.Kind.invalid`, before it does anything.
public enum StoreLimits {
    /// Bytes of an object's name (1…2048).
    public static let objectName = 2048
    /// Bytes of a namespace (0…256).
    public static let namespace = 256
    /// Bytes of an xattr's name (1…100).
    public static let xattrName = 100
    /// Bytes of one write (90 MiB).
    public static let write: UInt64 = 90 << 20
    /// Bytes of one object's data (128 MiB).
    public static let object: UInt64 = 128 << 20
    /// Bytes of one read (64 MiB).
    public static let read: UInt64 = 64 << 20
}
