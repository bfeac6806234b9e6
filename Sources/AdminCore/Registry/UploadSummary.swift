public import Foundation

/// An unfinished upload, or a file that lies among them and belongs to none.
public struct UploadSummary: Hashable, Sendable {
    /// The repository it belongs to.
    public let repository: RepositoryName
    /// Its identifier: the directory's name, a UUID; the file's name of one that belongs to none.
    public let id: String
    /// When it was begun, as its file `startedat` says; nil if that cannot be read.
    public let started: Date?
    /// Bytes uploaded so far.
    public let size: UInt64
    /// When the youngest chunk of its files was written; nil if there is none, or if it was not asked for, since `started` is known.
    public let written: Date?
    /// When its directory was last changed; nil if it has no object.
    public let modified: Date?
    /// True for a file that lies directly in the directory of the uploads: no registry leaves one there, or looks at it.
    public let isStray: Bool

    /// When it began, as far as anything says; what was written last is no earlier.
    public var lastKnown: Date? { started ?? written ?? modified }

    /// See the properties.
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
