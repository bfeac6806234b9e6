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
}
