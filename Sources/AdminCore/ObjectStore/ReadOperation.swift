public import Foundation

/// What to read from one object in one round trip: its version, size and modification time always, the rest on demand.
///
/// RADOS executes it as one read operation, so all parts belong to one version of the object.
public struct ReadOperation: Hashable, Sendable {
    /// Which part of an omap is asked for.
    public enum Omap: Hashable, Sendable {
        /// Keys and values after `after` (from the first one if nil) in byte order, at most `limit` (1…). An OSD gives at
        /// most 1024 a request, whatever the limit.
        case page(after: ByteString?, limit: Int)
        /// The values of exactly these keys; missing ones are left out of the answer. No limit on their number.
        case keys([ByteString])
    }

    /// Which part of the omap to read; none if nil.
    public var omap: Omap?

    /// True to read all xattrs.
    public var xattrs: Bool

    /// Which bytes of the data to read; none if nil. What lies past the object's end is silently not there. At most
    /// 64 MiB a request.
    public var data: Range<UInt64>?

    /// Asks for version, size and modification time, and for what the arguments say.
    public init(omap: Omap? = nil, xattrs: Bool = false, data: Range<UInt64>? = nil) {
        self.omap = omap
        self.xattrs = xattrs
        self.data = data
    }

    /// Version, size and modification time only.
    public static let stat = ReadOperation()

    /// The most keys an OSD gives a request.
    public static let largestPage = 1024

    /// Why no store can execute this; nil if one can.
    public var violation: String? {
        if case .page(_, let limit) = omap, limit < 1 { return "a page of \(limit) keys was asked for" }
        if let data, data.upperBound - data.lowerBound > StoreLimits.read {
            return "\(data.count) bytes were asked for at once, and \(StoreLimits.read) are possible"
        }
        return nil
    }
}

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
