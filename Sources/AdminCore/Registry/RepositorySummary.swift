public import Foundation

/// A repository in a row: what `repos` and the first screen show.
public struct RepositorySummary: Hashable, Sendable {
    /// What kind of repository it is, in one word.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// Tags, and all they name is served.
        case ok
        /// No tag is left.
        case untagged
        /// Unfinished uploads and nothing else.
        case uploadsOnly = "uploads-only"
        /// A manifest does not parse, a link is missing or wrong, or a blob's chunk 0 is not there with its proper length.
        case damaged
    }

    /// The name.
    public let name: RepositoryName
    /// The number of tags.
    public let tags: Int
    /// The number of manifests.
    public let revisions: Int
    /// The number of unfinished uploads.
    public let uploads: Int
    /// Bytes of every distinct blob that its revisions reach, each once; `damaged` ones with what is known of them.
    public let size: UInt64
    /// When a link of it was last written: a tag's, a manifest's, or that of a layer which a manifest needs (of any layer, if there
    /// are no manifests). Of a repository without links, when its newest upload was begun. nil if nothing of it has a date.
    public let modified: Date?
    /// What kind of repository it is.
    public let state: State
    /// Why it is damaged, a sentence each; empty otherwise.
    public let problems: [String]
    /// Of a repository without tags and manifests: how many layer links it has all the same. 0 of others, where that is not looked at.
    public let unneededLinks: Int

    /// See the properties.
    public init(
        name: RepositoryName, tags: Int, revisions: Int, uploads: Int, size: UInt64,
        modified: Date?, state: State, problems: [String] = [], unneededLinks: Int = 0
    ) {
        self.name = name
        self.tags = tags
        self.revisions = revisions
        self.uploads = uploads
        self.size = size
        self.modified = modified
        self.state = state
        self.problems = problems
        self.unneededLinks = unneededLinks
    }
}
