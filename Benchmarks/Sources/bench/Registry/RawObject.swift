/// An object of the pool as the generator makes it.
struct RawObject: Sendable {
    enum Content: Sendable {
        /// The keys of a directory and their values.
        case directory([String: String])
        /// The only chunk of a file.
        case chunk([UInt8])
    }

    let name: String
    let content: Content
}

/// Objects in the form in which the raw program takes them; see `climit_write_objects`.
struct PackedObjects: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var offsets: [UInt64] = []

    /// - Parameter modified: The date of all of them, in seconds since 1970.
    init(_ objects: [RawObject], modified: UInt32 = 1_450_000_000) {
        for object in objects {
            offsets.append(UInt64(bytes.count))
            add(object.name)
            add(modified)
            switch object.content {
            case .directory(let keys):
                add(UInt32(keys.count))
                for (key, value) in keys {
                    add(key)
                    add(value)
                }
            case .chunk(let data):
                add(UInt32(data.count))
                bytes += data
            }
        }
    }

    private mutating func add(_ text: String) {
        bytes += text.utf8
        bytes.append(0)
    }

    private mutating func add(_ number: UInt32) {
        withUnsafeBytes(of: number) { bytes += $0 }
    }
}

/// Names of objects in the form in which the raw program takes them.
struct PackedNames: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init(_ names: some Sequence<String>) {
        for name in names {
            bytes += name.utf8
            bytes.append(0)
            count += 1
        }
    }
}
