public import Foundation

/// A change of one object, as a value: mutations under guards. It is atomic: one RADOS write
/// operation, or one SQLite transaction.
///
/// All safety of regtop rests on the guards, never on "check, then act".
public struct WriteOperation: Hashable, Sendable {
    /// A condition that the store evaluates together with the change.
    public enum Guard: Hashable, Sendable {
        /// The object exists.
        case exists
        /// The object does not exist; the operation creates it.
        case doesNotExist
        /// The object exists and has this version.
        case version(UInt64)
        /// The object exists and the omap key has this value. An empty value is invalid, since
        /// RADOS cannot tell it from a missing key.
        case omapValue(key: ByteString, equals: [UInt8])
        /// The object exists and the xattr has this value. An empty value is invalid, for the same
        /// reason.
        case xattr(name: ByteString, equals: [UInt8])
    }

    /// A part of a change.
    public enum Mutation: Hashable, Sendable {
        /// Creates the object if it does not exist, as every other mutation except `removeOmap` and
        /// `remove` does.
        case create
        /// Writes bytes, at most 90 MiB, at an offset; a gap before it reads as zeros.
        case write([UInt8], at: UInt64)
        /// Replaces all data.
        case writeFull([UInt8])
        /// Cuts the data, or extends it with zeros, to this size.
        case truncate(UInt64)
        /// Sets one xattr.
        case setXattr(name: ByteString, value: [UInt8])
        /// Removes one xattr, if it is there.
        case removeXattr(ByteString)
        /// Sets omap keys.
        case setOmap([ByteString: [UInt8]])
        /// Removes omap keys, if they are there; a missing object is refused as `.exists`.
        case removeOmap([ByteString])
        /// Removes the object; a missing object is refused as `.exists`. Must be the only mutation.
        case remove
    }

    /// The guards, all of which must hold.
    public var guards: [Guard]

    /// The mutations, in the order of their execution.
    public var mutations: [Mutation]

    /// The modification time to record instead of the current time, for `load`.
    public var modified: Date?

    /// The `mutations` under `guards`.
    public init(guards: [Guard] = [], _ mutations: [Mutation], modified: Date? = nil) {
        self.guards = guards
        self.mutations = mutations
        self.modified = modified
    }

    /// The reason why no store can execute this; nil if there is none. Takes time by the number of
    /// parts, not of bytes.
    public var violation: String? {
        if guards.isEmpty && mutations.isEmpty { return "an operation without any part" }
        if mutations.count > 1 && mutations.contains(.remove) { return "remove must be the only mutation" }
        return guards.lazy.compactMap(\.violation).first ?? mutations.lazy.compactMap(\.violation).first
    }
}

/// The outcome of a write operation.
public enum WriteOutcome: Hashable, Sendable {
    /// The operation was executed.
    case applied

    /// The operation was not executed, since this guard did not hold; the first one if several may
    /// be the reason.
    case refused(WriteOperation.Guard)

    /// The operation was not executed, because of this error.
    case failed(StoreError)

    /// The operation may have been executed, or may still be: there was no answer, because of a
    /// timeout or a cancellation. Resolve this by reading back, never by repeating the operation
    /// blindly.
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
            // An OSD stores such a key, and never lists it.
            entries.keys.contains("") ? "an omap key cannot be empty" : nil
        case .write(let bytes, let offset): writeViolation(UInt64(bytes.count), offset)
        case .writeFull(let bytes): writeViolation(UInt64(bytes.count), 0)
        // An OSD truncates only to sizes below its largest object.
        case .truncate(let size): writeViolation(1, size)
        case .setXattr(let name, _), .removeXattr(let name): xattrViolation(name)
        }
    }
}

private func writeViolation(_ count: UInt64, _ offset: UInt64) -> String? {
    if count > StoreLimits.write { return "\(count) bytes in one write; the limit is \(StoreLimits.write)" }
    let (end, overflow) = offset.addingReportingOverflow(count)
    return overflow || end > StoreLimits.object
        ? "an object would get more than \(StoreLimits.object) bytes" : nil
}

private func xattrViolation(_ name: ByteString) -> String? {
    if name.isEmpty { return "an xattr's name cannot be empty" }
    if name.count > StoreLimits.xattrName {
        return "an xattr's name has \(name.count) bytes; the limit is \(StoreLimits.xattrName)"
    }
    return name.bytes.contains(0) ? "an xattr's name has a zero byte" : nil
}
