import Foundation

/// One line of a dump: one object, whole, or without its data.
struct DumpLine: Hashable, Sendable {
    var object: ObjectID
    var size: UInt64
    var xattrs: [ByteString: [UInt8]] = [:]
    var omap: [ByteString: [UInt8]] = [:]
    /// nil in a dump of the structure alone. Else `size` bytes.
    var data: [UInt8]?
    /// When the object was last changed, if the dump has times.
    var modified: Date?

    /// An object as a line.
    init(_ object: ObjectID, _ state: ObjectState, data: Bool, times: Bool) {
        self.object = object
        size = state.size
        xattrs = state.xattrs
        omap = Dictionary(state.omap.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        self.data = data ? state.data : nil
        modified = times ? state.modified : nil
    }

    init(_ object: ObjectID, size: UInt64) {
        self.object = object
        self.size = size
    }

    /// Times as they stand in a dump.
    static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    static let wholeSecondsStyle = Date.ISO8601FormatStyle()
}
