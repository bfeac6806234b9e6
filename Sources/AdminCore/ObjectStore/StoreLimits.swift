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

extension ObjectID {
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

extension ReadOperation {
    /// Why no store can execute this; nil if one can.
    public var violation: String? {
        if case .page(_, let limit) = omap, limit < 1 { return "a page of \(limit) keys was asked for" }
        if let data, data.upperBound - data.lowerBound > StoreLimits.read {
            return "\(data.count) bytes were asked for at once, and \(StoreLimits.read) are possible"
        }
        return nil
    }
}

extension WriteOperation {
    /// Why no store can execute this; nil if one can. Takes time in proportion to the number of parts, not of bytes.
    public var violation: String? {
        if guards.isEmpty && mutations.isEmpty { return "an operation without any part" }
        if mutations.count > 1 && mutations.contains(.remove) { return "remove must be the only mutation" }
        return guards.lazy.compactMap(\.violation).first ?? mutations.lazy.compactMap(\.violation).first
    }
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
