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
