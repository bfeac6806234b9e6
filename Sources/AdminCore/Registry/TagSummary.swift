public import Foundation

/// A tag in a row: what `tags` and the second screen show.
public struct TagSummary: Hashable, Sendable {
    /// Whether what the tag names can be served.
    public enum State: String, Hashable, Sendable {
        /// It can.
        case ok
        /// It cannot; `problems` says why.
        case damaged
    }

    /// The tag.
    public let tag: String
    /// The manifest it names; nil if its link cannot be read.
    public let digest: Digest?
    /// The manifest's media type; nil if the manifest cannot be read.
    public let mediaType: String?
    /// Bytes of every distinct blob that the manifest reaches, each once, itself included.
    public let size: UInt64
    /// When the image was made, as its configuration says (of an index, the newest of its images); nil if it does not.
    public let created: Date?
    /// When the tag's link was last written; nil if it has no date.
    public let modified: Date?
    /// `os/architecture[/variant]` of the image, or of each image of an index, in the order of the index.
    public let platforms: [String]
    /// Whether it can be served.
    public let state: State
    /// Why not, a sentence each.
    public let problems: [String]
    /// What it is; nil if the manifest cannot be read.
    public let kind: ArtifactKind?
    /// What it belongs to, if it is no image: a signature, an attestation, a bill of materials, a referrer; nil for an image.
    public let companion: Companion?
    /// What the manifest names as a part of itself: the manifests of an index, to any depth, and the configurations.
    public let parts: [Digest]

    /// See the properties.
    public init(
        tag: String, digest: Digest?, mediaType: String?, size: UInt64, created: Date?, modified: Date?,
        platforms: [String], state: State, problems: [String] = [], companion: Companion? = nil, parts: [Digest] = [],
        kind: ArtifactKind? = nil
    ) {
        self.tag = tag
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.created = created
        self.modified = modified
        self.platforms = platforms
        self.state = state
        self.problems = problems
        self.kind = kind
        self.companion = companion
        self.parts = parts
    }
}
