public import Foundation

/// An unfinished upload.
public struct UploadSummary: Hashable, Sendable {
    /// The repository it belongs to.
    public let repository: RepositoryName
    /// Its identifier: the directory's name, a UUID.
    public let id: String
    /// When it was begun, as its file `startedat` says; nil if that cannot be read.
    public let started: Date?
    /// Bytes uploaded so far.
    public let size: UInt64
    /// When its directory was last changed; nil if it has no object.
    public let modified: Date?

    /// When it began, as far as anything says.
    public var lastKnown: Date? { started ?? modified }

    /// See the properties.
    public init(repository: RepositoryName, id: String, started: Date?, size: UInt64, modified: Date? = nil) {
        self.repository = repository
        self.id = id
        self.started = started
        self.size = size
        self.modified = modified
    }
}
