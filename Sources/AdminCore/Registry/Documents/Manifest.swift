public import Foundation

/// A manifest as it is stored, understood: schema 1, schema 2, a Docker manifest list, an OCI manifest or an OCI index.
public struct Manifest: Hashable, Sendable {
    /// What a manifest names: a blob or another manifest.
    public struct Reference: Hashable, Sendable {
        /// Its digest.
        public let digest: Digest
        /// Its size in bytes as the document claims it; nil where it claims none, as in schema 1. The pool knows better.
        public let size: UInt64?
        /// The claim where it is no number of bytes, as it stands: hostile text of at most 40 characters. nil where it is one, or none.
        public let badSize: String?
        /// Its media type; nil where none is said, or none that could be one.
        public let mediaType: String?
        /// The type of the artifact; nil where none is said.
        public let artifactType: String?
        /// `os/architecture[/variant]`; nil where none is said.
        public let platform: String?
        /// The version of the operating system that the platform asks for; hostile text of at most 64 characters.
        public let osVersion: String?
        /// The features of the operating system that the platform asks for; hostile text, at most 8.
        public let osFeatures: [String]
        /// What is noted on it; hostile text, no more than 32 of them and of 1 KiB each.
        public let annotations: [String: String]
        /// True for a layer that registries need not hold: one with URLs of its own, or of a nondistributable type.
        public let isForeign: Bool

        /// What is wrong with the size that it claims of a blob of `size` bytes, as the end of a sentence that begins with the manifest's name
        /// and goes on with the blob's; nil if nothing is.
        func lie(about actual: UInt64) -> String? {
            if let badSize { return "says \(badSize) for the size of" }
            guard let size else { return "does not say the size of" }
            return size == actual ? nil : "says \(size) bytes for"
        }

        /// True if an index that names this means a manifest by it. (Build caches name blobs in an index.)
        public var namesManifest: Bool {
            mediaType.map(ManifestType.all.contains) ?? true
        }
    }

    /// Its media type. Where the document says none (OCI allows that), what its fields make it.
    public let mediaType: String
    /// The configuration; nil for an index and for schema 1.
    public let config: Reference?
    /// The layers, lowest first, a digest as often as the document names it.
    public let layers: [Reference]
    /// What an index names, in its order.
    public let manifests: [Reference]
    /// The manifest that this one refers to (OCI); it need not be there.
    public let subject: Reference?
    /// The type of the artifact (OCI); nil where none is said.
    public let artifactType: String?
    /// Digests that some reader could take for references, though the registry does not: under a key that stands twice, or in a
    /// place where it does not look. Collections keep them.
    public let otherReferences: [Digest]
    /// Why readers may disagree on what it says, each as the end of a sentence that begins with its name. Empty for nearly all.
    public let ambiguities: [String]
    /// When the image was made, as a schema 1 manifest says it in its history; nil for the others, whose configuration says it.
    public let created: Date?
    /// What stands there in the place of the date where that is none; hostile text, at most 100 characters.
    let undated: String?
    /// `os/architecture` as a schema 1 manifest says it; nil for the others.
    public let platform: String?

    /// Everything that it names with a size: not what schema 1 names.
    var claims: [Reference] {
        mediaType == ManifestType.signedSchema1 ? [] : [config].compactMap(\.self) + layers + manifests
    }

    /// True for a list and an index.
    public var isIndex: Bool { ManifestType.indexes.contains(mediaType) }

    /// No larger manifest is read. In bytes. (Registries of docker/distribution before v2.7 have no limit.)
    public static let sizeLimit = 64 << 20
    /// How deep indexes may lie in indexes.
    public static let nestingLimit = 8
}

/// The media types of manifests and of what they name.
enum ManifestType {
    static let schema1 = "application/vnd.docker.distribution.manifest.v1+json"
    static let signedSchema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    static let schema2 = "application/vnd.docker.distribution.manifest.v2+json"
    static let list = "application/vnd.docker.distribution.manifest.list.v2+json"
    static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    static let ociIndex = "application/vnd.oci.image.index.v1+json"

    static let images: Set<String> = [schema2, ociManifest]
    static let indexes: Set<String> = [list, ociIndex]
    static let all: Set<String> = images.union(indexes).union([schema1, signedSchema1])

    /// The configurations that say when and for what an image was made; others (charts, signatures) have a form of their own.
    static let imageConfigurations: Set<String> = [
        "application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json",
    ]

    /// Whether layers of this type need not be in the registry.
    static func isForeign(_ mediaType: String?) -> Bool {
        guard let mediaType else { return false }
        return mediaType.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
            || mediaType.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
    }
}
