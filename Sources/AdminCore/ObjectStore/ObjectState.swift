public import Foundation

/// What one read operation found: one version of one object.
public struct ObjectState: Hashable, Sendable {
    /// The object's version. It grows with every change and is not reset by removing and creating the object again;
    /// reads leave it alone. For `WriteOperation.Guard.version`.
    public let version: UInt64

    /// The number of data bytes. An object that only has an omap has 0.
    public let size: UInt64

    /// When the object was last changed.
    public let modified: Date

    /// The xattrs, if they were asked for.
    public let xattrs: [ByteString: [UInt8]]

    /// The omap entries that were asked for, ascending by the bytes of the key.
    public let omap: [OmapEntry]

    /// True if there are omap keys after the last one of this page.
    public let hasMore: Bool

    /// The data bytes that were asked for, or fewer where the object ends.
    public let data: [UInt8]

    /// Made by the stores, and by whatever stands in front of one.
    public init(
        version: UInt64, size: UInt64, modified: Date, xattrs: [ByteString: [UInt8]] = [:], omap: [OmapEntry] = [],
        hasMore: Bool = false, data: [UInt8] = []
    ) {
        self.version = version
        self.size = size
        self.modified = modified
        self.xattrs = xattrs
        self.omap = omap
        self.hasMore = hasMore
        self.data = data
    }
}

/// One key of an omap and its value.
public struct OmapEntry: Hashable, Sendable {
    /// The key. Hostile: any bytes.
    public let key: ByteString

    /// The value. Hostile: any bytes, any length.
    public let value: [UInt8]

    /// A key with its value.
    public init(key: ByteString, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}
