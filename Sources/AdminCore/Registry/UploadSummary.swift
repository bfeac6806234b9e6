public import Foundation

/// An unfinished upload, or a stray file among the uploads.
public struct UploadSummary: Hashable, Sendable {
    /// The repository it belongs to.
    public let repository: RepositoryName
    /// The identifier: the name of the directory, a UUID, or the name of the stray file.
    public let id: String
    /// The start of the upload, from its file `startedat`; nil if that cannot be read.
    public let started: Date?
    /// Bytes uploaded so far.
    public let size: UInt64
    /// The last write to a chunk of its files. nil if there is no chunk, or if `started` is known,
    /// since no caller reads it then.
    public let written: Date?
    /// The last change of the directory; nil if it has no object.
    public let modified: Date?
    /// True for a file directly in the directory of the uploads. No registry leaves one there, or
    /// reads it.
    public let isStray: Bool

    /// The start of the upload, as far as it is known; otherwise a later moment.
    public var lastKnown: Date? { started ?? written ?? modified }

    /// Creates a value from its parts.
    public init(
        repository: RepositoryName, id: String, started: Date?, size: UInt64, written: Date? = nil,
        modified: Date? = nil, isStray: Bool = false
    ) {
        self.repository = repository
        self.id = id
        self.started = started
        self.size = size
        self.written = written
        self.modified = modified
        self.isStray = isStray
    }
}
