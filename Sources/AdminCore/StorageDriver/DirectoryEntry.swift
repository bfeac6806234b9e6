public import ObjectStore

/// One key of a directory's omap and its meaning.
public struct DirectoryEntry: Hashable, Sendable {
    /// The meaning of the key.
    public enum Kind: Hashable, Sendable {
        /// A child directory (an empty value).
        case directory
        /// A child file, with the identifier of its chunks.
        case file(BlobIdentifier)
        /// Neither a directory nor a file; the text says why. The name breaks the path rule (`..`
        /// for example), no object can be the directory of that name, or the value is no
        /// identifier. Such an entry is shown and never followed.
        case invalid(String)
    }

    /// The key in the omap. A valid path component unless `kind` is `.invalid`.
    public let key: ByteString

    /// The meaning of the key.
    public let kind: Kind

    init(_ entry: OmapEntry, in directory: StoragePath) {
        self.init(entry, room: DirectoryEntry.room(in: directory))
    }

    /// The entries of a directory.
    static func all(_ omap: [OmapEntry], in directory: StoragePath) -> [DirectoryEntry] {
        let room = room(in: directory)
        return omap.map { DirectoryEntry($0, room: room) }
    }

    /// The number of bytes that the name of a subdirectory can have. A key may have megabytes, but
    /// not the name of an object: a directory with such a name cannot exist, and reading it is an
    /// error.
    private static func room(in directory: StoragePath) -> Int {
        StoreLimits.objectName - directory.components.reduce(1) { $0 + $1.utf8.count + 1 }
    }

    private init(_ entry: OmapEntry, room: Int) {
        key = entry.key
        guard StoragePath.isValid(component: entry.key.bytes) else {
            kind = .invalid("the name breaks the path rule")
            return
        }
        if entry.value.isEmpty {
            kind = key.count <= room ? .directory : .invalid("no directory can have so long a path")
        } else if let blob = BlobIdentifier(value: entry.value) {
            kind = .file(blob)
        } else {
            kind = .invalid("the value is no identifier")
        }
    }

    /// True if the key is the name of a file or a directory.
    var isValid: Bool {
        if case .invalid = kind { false } else { true }
    }

    /// The name; nil if the entry is invalid, so that no path can be made of it.
    public var name: String? {
        isValid ? key.string : nil
    }
}

/// An entry that a walk finds, with its directory.
public struct WalkEntry: Hashable, Sendable {
    /// The directory of the entry.
    public let directory: StoragePath
    /// The entry in the directory's omap.
    public let entry: DirectoryEntry

    package init(directory: StoragePath, entry: DirectoryEntry) {
        self.directory = directory
        self.entry = entry
    }

    /// The path of the entry; nil for an invalid entry.
    public var path: StoragePath? {
        entry.name.flatMap { try? directory.appending($0) }
    }

    /// The path and the identifier, if it is a file.
    package var file: (path: StoragePath, blob: BlobIdentifier)? {
        guard case .file(let blob) = entry.kind, let path else { return nil }
        return (path, blob)
    }

    /// The path, if it is a directory.
    package var subdirectory: StoragePath? {
        guard case .directory = entry.kind else { return nil }
        return path
    }
}
