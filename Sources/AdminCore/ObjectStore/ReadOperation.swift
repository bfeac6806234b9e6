public import Foundation

/// The parts of one object to read in one round trip: always version, size and modification time,
/// the rest on demand.
///
/// RADOS executes it as one read operation, so all parts belong to one version of the object.
public struct ReadOperation: Hashable, Sendable {
    /// A part of an omap.
    public enum Omap: Hashable, Sendable {
        /// At most `limit` (1…) keys and values after `after`, in byte order; from the first one if
        /// nil. An OSD returns at most 1024 for each request, whatever the limit.
        case page(after: ByteString?, limit: Int)
        /// These keys and their values, without a limit on their number. Missing keys are left out
        /// of the answer.
        case keys([ByteString])
    }

    /// The part of the omap to read; nil for none.
    public var omap: Omap?

    /// True to read all xattrs.
    public var xattrs: Bool

    /// The bytes of the data to read, at most 64 MiB; nil for none. Bytes behind the end of the
    /// object are left out.
    public var data: Range<UInt64>?

    /// Reads version, size and modification time, and the given parts.
    public init(omap: Omap? = nil, xattrs: Bool = false, data: Range<UInt64>? = nil) {
        self.omap = omap
        self.xattrs = xattrs
        self.data = data
    }

    /// Reads only version, size and modification time.
    public static let stat = ReadOperation()

    /// The most keys that an OSD returns for one request.
    public static let largestPage = 1024

    /// The reason why no store can execute this; nil if there is none.
    public var violation: String? {
        if case .page(_, let limit) = omap, limit < 1 { return "the number of keys in a page is \(limit)" }
        if let data, data.upperBound - data.lowerBound > StoreLimits.read {
            return "\(data.count) bytes in one read; the limit is \(StoreLimits.read)"
        }
        return nil
    }
}

/// The result of a read operation: one version of one object.
public struct ObjectState: Hashable, Sendable {
    /// The object's version, for `WriteOperation.Guard.version`. It grows with every change, also
    /// when the object is removed and created again.
    public let version: UInt64

    /// The number of data bytes; 0 for an object that has only an omap.
    public let size: UInt64

    /// The time of the last change.
    public let modified: Date

    /// The xattrs, if requested.
    public let xattrs: [ByteString: [UInt8]]

    /// The requested omap entries, ascending by the bytes of the key.
    public let omap: [OmapEntry]

    /// True if there are omap keys after this page.
    public let hasMore: Bool

    /// The requested data bytes, up to the end of the object.
    public let data: [UInt8]

    /// A state; see the properties.
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

/// A key of an omap and its value.
public struct OmapEntry: Hashable, Sendable {
    /// The key: any bytes.
    public let key: ByteString

    /// The value: any bytes, of any length.
    public let value: [UInt8]

    /// A key and its value.
    public init(key: ByteString, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}
