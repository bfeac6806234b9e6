public import Registry
import StorageDriver
import Foundation

/// The images that a transfer copies: frozen before the first byte is copied.
public struct TransferPlan: Sendable {
    /// A tag.
    public struct Tag: Hashable, Sendable {
        /// The tag.
        public let name: String
        /// The manifest that it names.
        public let digest: Digest
        /// The time at which it was set; nil if it has no date.
        let modified: Date?
        /// The manifests that it names or has named, as far as they are copied.
        let history: [Digest]
    }

    /// A link of a repository to a blob.
    struct Link: Hashable, Sendable {
        /// The digest in the path of the link.
        let digest: Digest
        /// The digest that the link holds: the SHA-256 of the blob.
        let content: Digest
        /// The time of the link; nil if it has no date.
        let modified: Date?
    }

    /// A repository.
    public struct Repository: Sendable {
        /// The name.
        public let name: RepositoryName
        /// The tags, in their order.
        public internal(set) var tags: [Tag]
        /// The manifests, also those of the entries of indexes.
        var revisions: [Link]
        /// The manifests that no tag and no index names.
        var untagged: [Digest]
        /// The blobs that the manifests name.
        var layers: [Link]
        /// The signatures of manifests of schema 1.
        var signatures: [Digest: [Link]]
        /// True if the whole repository is chosen, and not only some of its tags.
        let isWhole: Bool
    }

    /// A manifest, in any number of repositories.
    struct Image: Sendable {
        let mediaType: String
        let artifactType: String?
        /// The blobs that it names, as the source stores them.
        let blobs: [Digest]
        /// The manifests that it names.
        let children: [Digest]
    }

    /// Something that is not copied.
    public struct LeftOut: Hashable, Sendable {
        /// The repository, the tag or the manifest.
        public let target: String
        /// The reason, in a sentence.
        public let reason: String
    }

    /// An image of schema 1 that is converted.
    public struct Conversion: Hashable, Sendable {
        /// The tag or the manifest.
        public let target: String
        /// The manifest of schema 1.
        public let old: Digest
        /// The manifest that takes its place.
        public let new: Digest
    }

    /// The repositories, sorted.
    public internal(set) var repositories: [Repository] = []
    /// The manifests.
    var images: [Digest: Image] = [:]
    /// Every blob once, manifests included, with its size in bytes.
    public internal(set) var blobs: [Digest: UInt64] = [:]
    /// The files of the blobs at the source, as far as the plan has read them. A file may have been
    /// replaced since then.
    var files: [Digest: BlobIdentifier] = [:]
    /// The number of links to blobs: larger than the number of blobs if repositories share them.
    var links: (count: Int, bytes: UInt64) = (0, 0)
    /// Everything that is not copied, with the reason.
    public internal(set) var leftOut: [LeftOut] = []
    /// The images of schema 1 that are converted, with their new digests.
    public internal(set) var conversions: [Conversion] = []
    /// The documents that conversions made: blobs that the source lacks.
    var made: [Digest: [UInt8]] = [:]
    /// Tags of the target that are gone at the source and are removed.
    public internal(set) var removals: [ImageReference] = []
    /// The blobs that the target has already.
    public internal(set) var present: Set<Digest> = []
    /// The bytes that the target's file system has room for; nil if it is not known.
    public internal(set) var available: UInt64?

    /// The number of tags.
    public var tagCount: Int { repositories.reduce(0) { $0 + $1.tags.count } }
    /// The number of manifests.
    public var imageCount: Int { images.count }
    /// The bytes of all blobs.
    public var bytes: UInt64 { blobs.values.reduce(0, +) }
    /// The bytes that several repositories or images need, and that are copied once.
    public var sharedBytes: UInt64 { links.bytes > bytes ? links.bytes - bytes : 0 }
    /// The bytes that are copied: without the blobs that the target has.
    public var missingBytes: UInt64 { blobs.reduce(0) { present.contains($1.key) ? $0 : $0 + $1.value } }
    /// The bytes that the target needs, with its links: each file takes whole blocks, and has a
    /// directory of its own.
    public var room: UInt64 {
        let files = repositories.reduce(blobs.count) { sum, repository in
            sum + repository.revisions.count + repository.layers.count + 3 * repository.tags.count
        }
        return missingBytes + UInt64(files - present.count) * 8192
    }
}
