public import Foundation

/// A change of one object, as a value: under which conditions, and what. Atomic: either every mutation happens or none
/// (one RADOS write operation, one SQLite transaction).
///
/// All safety of regtop rests on the guards, never on "check, then act".
public struct WriteOperation: Hashable, Sendable {
    /// A condition that is evaluated together with the change.
    public enum Guard: Hashable, Sendable {
        /// The object is there.
        case exists
        /// The object is not there; the operation creates it.
        case doesNotExist
        /// The object is there and nobody changed it since this version.
        case version(UInt64)
        /// The object is there and the omap key has exactly this value, which must not be empty: RADOS cannot tell an
        /// empty value from a missing key, so a store refuses the operation as invalid.
        case omapValue(key: ByteString, equals: [UInt8])
        /// The object is there and the xattr has exactly this value, which must not be empty for the same reason.
        case xattr(name: ByteString, equals: [UInt8])
    }

    /// A part of a change. Parts are executed in their order.
    public enum Mutation: Hashable, Sendable {
        /// Makes sure that the object exists. (Every other mutation except `removeOmap` and `remove` creates it as well.)
        case create
        /// Writes bytes at an offset; a gap before it reads as zeros. At most 90 MiB.
        case write([UInt8], at: UInt64)
        /// Replaces all data.
        case writeFull([UInt8])
        /// Cuts the data, or extends it with zeros, to this size.
        case truncate(UInt64)
        /// Sets one xattr.
        case setXattr(name: ByteString, value: [UInt8])
        /// Removes one xattr; nothing happens if it is not there.
        case removeXattr(ByteString)
        /// Sets omap keys.
        case setOmap([ByteString: [UInt8]])
        /// Removes omap keys; missing ones don't matter, a missing object is refused as `.exists`.
        case removeOmap([ByteString])
        /// Removes the object with data, xattrs and omap; a missing object is refused as `.exists`. Must be the only mutation.
        case remove
    }

    /// All of them must hold.
    public var guards: [Guard]

    /// What is done, in this order.
    public var mutations: [Mutation]

    /// The modification time to record instead of now; for `load`, which restores a store as it was.
    public var modified: Date?

    /// `mutations` under `guards`.
    public init(guards: [Guard] = [], _ mutations: [Mutation], modified: Date? = nil) {
        self.guards = guards
        self.mutations = mutations
        self.modified = modified
    }

    /// Why no store can execute this; nil if one can. Takes time in proportion to the number of parts, not of bytes.
    public var violation: String? {
        if guards.isEmpty && mutations.isEmpty { return "an operation without any part" }
        if mutations.count > 1 && mutations.contains(.remove) { return "remove must be the only mutation" }
        return guards.lazy.compactMap(\.violation).first ?? mutations.lazy.compactMap(\.violation).first
    }
}

/// How a write operation ended.
public enum WriteOutcome: Hashable, Sendable {
    /// It was done, whole.
    case applied

    /// It was not done because this guard did not hold. Where several might have been the reason, the first.
    case refused(WriteOperation.Guard)

    /// It was not done: an error that says so.
    case failed(StoreError)

    /// It may or may not have been done, or may still be: the answer did not come (a timeout, a cancellation). To be
    /// resolved by reading back, never by repeating it blindly.
    case unknown(StoreError)
}

extension WriteOperation.Guard {
    fileprivate var violation: String? {
        switch self {
        case .exists, .doesNotExist, .version: nil
        case .omapValue(_, let value): value.isEmpty ? "a guard cannot compare with an empty value" : nil
        case .xattr(let name, let value):
            value.isEmpty ? "a guard cannot compare with an empty value" : xattrViolation(name)
        }
    }
}

extension WriteOperation.Mutation {
    fileprivate var violation: String? {
        switch self {
        case .create, .removeOmap, .remove: nil
        case .setOmap(let entries):
            // An OSD keeps such a key and never lists it.
            entries.keys.contains("") ? "an omap key cannot be empty" : nil
        case .write(let bytes, let offset): writeViolation(UInt64(bytes.count), offset)
        case .writeFull(let bytes): writeViolation(UInt64(bytes.count), 0)
        // An OSD truncates to less than its largest object only.
        case .truncate(let size): writeViolation(1, size)
        case .setXattr(let name, _), .removeXattr(let name): xattrViolation(name)
        }
    }
}

private func writeViolation(_ count: UInt64, _ offset: UInt64) -> String? {
    if count > StoreLimits.write { return "\(count) bytes in one write, and \(StoreLimits.write) are possible" }
    let (end, overflow) = offset.addingReportingOverflow(count)
    return overflow || end > StoreLimits.object
        ? "an object would get more than \(StoreLimits.object) bytes" : nil
}

private func xattrViolation(_ name: ByteString) -> String? {
    if name.isEmpty { return "an xattr's name cannot be empty" }
    if name.count > StoreLimits.xattrName {
        return "an xattr's name has \(name.count) bytes, and \(StoreLimits.xattrName) are possible"
    }
    return name.bytes.contains(0) ? "an xattr's name has a zero byte" : nil
}
