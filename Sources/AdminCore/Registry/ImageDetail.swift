public import Foundation

/// One manifest of one repository in full: what `show` and the manifest screen show.
public struct ImageDetail: Hashable, Sendable {
    /// Whether a blob can be served.
    public enum BlobState: String, Hashable, Sendable {
        /// It is there and linked.
        case ok
        /// No such blob.
        case missing
        /// It is not in the pool and need not be: the manifest says where to fetch it, or that registries may not hold it.
        case elsewhere
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
        /// Bytes of it alone, as the pool has them, whatever the index claims; 0 if it is missing.
        public let size: UInt64
        /// Its media type.
        public let mediaType: String?
        /// `os/architecture[/variant]`; nil if the index says none, and of attestations, which are for no platform.
        public let platform: String?
        /// The version of the operating system that it is for; hostile text. nil if the index says none.
        public let osVersion: String?
        /// The features of the operating system that it needs; hostile text.
        public let osFeatures: [String]
        /// The manifest that this one attests something of; nil of what is no attestation, or does not say it.
        public let attested: Digest?
        /// What tells it from the others: the platform with the version, or `attestation of linux/amd64`; nil if nothing does. Hostile text.
        public let label: String?
        /// Whether it can be served.
        public let state: BlobState
        /// What it consists of, where that was asked for; nil if it is no manifest, if that cannot be read, if it was met before in the same
        /// index, or if more than `childLimit` were.
        public let image: ImageDetail?

        /// See the properties.
        public init(
            digest: Digest, size: UInt64, mediaType: String?, platform: String?, osVersion: String? = nil,
            osFeatures: [String] = [], attested: Digest? = nil, label: String? = nil, state: BlobState,
            image: ImageDetail? = nil
        ) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
            self.platform = platform
            self.osVersion = osVersion
            self.osFeatures = osFeatures
            self.attested = attested
            self.label = label
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
    /// What it is; nil if the manifest cannot be read.
    public var kind: ArtifactKind?
    /// When the image was made, as its configuration says; of an index, the newest of its images. nil if that is no date that can be.
    public var created: Date?
    /// What stands in the place of the date where there is none; hostile text, at most 100 characters.
    public var undated: String?
    /// `os/architecture[/variant]` as the configuration says; of an index, of each of its images, in its order.
    public var platforms: [String]
    /// What it belongs to by its own word (OCI `subject`); nil for an image.
    public var companion: Companion?
    /// Whether all of it can be served.
    public var state: TagSummary.State
    /// Why not, a sentence each.
    public var problems: [String]
    /// What is odd and no damage, a sentence each: sizes that lie, for example.
    public var notes: [String]

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
        notes = []
    }

    /// No more of what an index names is looked into.
    public static let childLimit = 256

    /// It, and all that it consists of: an index with its images, and theirs, as far as they were looked into.
    public var withChildren: [ImageDetail] { [self] + manifests.flatMap { $0.image?.withChildren ?? [] } }
}
