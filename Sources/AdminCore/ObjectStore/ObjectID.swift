/// Which object of a pool is meant: its name and the RADOS namespace it lives in.
public struct ObjectID: Hashable, Sendable {
    /// The RADOS namespace; empty for the default one, where the registry keeps everything. At most 256 bytes.
    public let namespace: String

    /// The object's name. RADOS refuses more than 2048 bytes.
    public let name: ByteString

    /// The object called `name`, in the default namespace unless another one is given.
    public init(_ name: ByteString, namespace: String = "") {
        self.name = name
        self.namespace = namespace
    }

    /// Why no store can hold an object of this name; nil if one can.
    ///
    /// librados takes names as C strings, so a zero byte would silently mean another object.
    public var violation: String? {
        if name.isEmpty { return "an object's name cannot be empty" }
        if name.count > StoreLimits.objectName {
            return "its name has \(name.count) bytes, and \(StoreLimits.objectName) are possible"
        }
        if name.bytes.contains(0) { return "its name has a zero byte" }
        if namespace.utf8.count > StoreLimits.namespace {
            return "its namespace has \(namespace.utf8.count) bytes, and \(StoreLimits.namespace) are possible"
        }
        return namespace.utf8.contains(0) ? "its namespace has a zero byte" : nil
    }
}

extension ObjectID: Comparable {
    /// By namespace, then by the bytes of the name.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
    }
}

extension ObjectID: CustomStringConvertible {
    /// For messages: the name, after its namespace if that is not the default one.
    public var description: String {
        namespace.isEmpty ? name.description : "\(namespace):\(name)"
    }
}

/// What every store refuses as `StoreError.Kind.invalid` before it does anything, so that all stores refuse the same.
///
/// The numbers are those of an OSD with its default options.
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
