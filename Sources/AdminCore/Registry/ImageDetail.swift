public import Foundation

/// One manifest of one repository in full: what `show` and the manifest screen show.
public struct ImageDetail: Hashable, Sendable {
    /// Whether a blob can be served.
    public enum BlobState: String, Hashable, Sendable {
        /// It is there and linked.
        case ok
        /// No such blob.
        case missing
        /// The blob is there, but the repository may not serve it: its layer link is gone.
        case unlinked
        /// The blob's chunk 0 is not there with its proper length, the manifest cannot be read, or (of what an index names) something
        /// that it needs cannot be served.
        case damaged
    }

    /// A blob that the manifest names: its configuration or a layer.
    public struct Blob: Hashable, Sendable {
        /// Its digest.
        public let digest: Digest
        /// Its size in bytes, as the pool has it, whatever the manifest claims; 0 if it is missing.
        public let size: UInt64
        /// Its media type; nil where the manifest says none.
        public let mediaType: String?
        /// Whether it can be served.
        public let state: BlobState

        /// See the properties.
        public init(digest: Digest, size: UInt64, mediaType: String?, state: BlobState) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
            self.state = state
        }
    }

    /// A manifest that an index names.
    public struct Child: Hashable, Sendable {
        /// Its digest.
        public let digest: Digest
        /// Bytes of the manifest itself, as the index says it.
        public let size: UInt64
        /// Its media type.
        public let mediaType: String?
        /// `os/architecture[/variant]`; nil if the index says none.
        public let platform: String?
        /// Whether it can be served.
        public let state: BlobState
        /// What it consists of, where that was asked for; nil if it is no manifest, if that cannot be read, if it was met before in the same
        /// index, or if more than `childLimit` were.
        public let image: ImageDetail?

        /// See the properties.
        public init(
            digest: Digest, size: UInt64, mediaType: String?, platform: String?, state: BlobState,
            image: ImageDetail? = nil
        ) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
            self.platform = platform
            self.state = state
            self.image = image
        }
    }

    /// The repository.
    public var name: RepositoryName
    /// The tag it was asked by; nil if by digest.
    public var tag: String?
    /// The manifest's digest; nil if the tag's link cannot be read.
    public var digest: Digest?
    /// The manifest's media type; nil if it cannot be read.
    public var mediaType: String?
    /// Bytes of the manifest itself; nil if it is not there.
    public var manifestSize: UInt64?
    /// Bytes of every distinct blob it reaches, each once, itself included.
    public var size: UInt64
    /// The image's configuration; nil for an index and for schema 1.
    public var config: Blob?
    /// The layers, lowest first, a digest as often as the manifest names it.
    public var layers: [Blob]
    /// What an index names.
    public var manifests: [Child]
    /// The digests of the signature blobs (schema 1).
    public var signatures: [Digest]
    /// When the image was made, as its configuration says; of an index, the newest of its images.
    public var created: Date?
    /// `os/architecture[/variant]` as the configuration says; of an index, of each of its images, in its order.
    public var platforms: [String]
    /// What it belongs to by its own word (OCI `subject`); nil for an image.
    public var companion: Companion?
    /// Whether all of it can be served.
    public var state: TagSummary.State
    /// Why not, a sentence each.
    public var problems: [String]

    /// An image of which nothing is known but where it should be.
    public init(name: RepositoryName, tag: String?, digest: Digest?) {
        self.name = name
        self.tag = tag
        self.digest = digest
        size = 0
        layers = []
        manifests = []
        signatures = []
        platforms = []
        state = .ok
        problems = []
    }

    /// No more of what an index names is looked into.
    public static let childLimit = 256

    /// It, and all that it consists of: an index with its images, and theirs, as far as they were looked into.
    public var withChildren: [ImageDetail] { [self] + manifests.flatMap { $0.image?.withChildren ?? [] } }
}
