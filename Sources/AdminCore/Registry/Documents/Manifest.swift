import Amounts
import ObjectStore
import StorageDriver
public import Foundation

/// A parsed manifest: schema 1, schema 2, a Docker manifest list, an OCI manifest or an OCI index.
public struct Manifest: Hashable, Sendable {
    /// A descriptor in a manifest: it names a blob or another manifest.
    public struct Reference: Hashable, Sendable {
        /// The digest of the blob or manifest.
        public let digest: Digest
        /// The size in bytes as the document claims it; nil if the document claims none, as in
        /// schema 1. The pool's size counts.
        public let size: UInt64?
        /// The media type; nil if the document has none, or an impossible one.
        public let mediaType: String?
        /// True for a layer that registries need not hold: it has URLs of its own, or a
        /// nondistributable type.
        public let isForeign: Bool
        private let rare: Apart<Rare>

        /// The fields that few references have.
        struct Rare: Hashable, Sendable {
            var badSize: String?
            var artifactType: String?
            var platform: String?
            var osVersion: String?
            var osFeatures: [String] = []
            var annotations: [String: String] = [:]
        }

        init(digest: Digest, size: UInt64?, mediaType: String?, isForeign: Bool, rare: Rare) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
            self.isForeign = isForeign
            self.rare = rare == Rare() ? .none : .some(rare)
        }

        /// The claim of a size if it is no number of bytes: hostile text of at most 40 characters.
        /// nil if it is a number, or if there is no claim.
        public var badSize: String? { rare.value?.badSize }
        /// The type of the artifact; nil if the document has none.
        public var artifactType: String? { rare.value?.artifactType }
        /// `os/architecture[/variant]`; nil if the document has none.
        public var platform: String? { rare.value?.platform }
        /// The version of the operating system that the platform needs; hostile text of at most 64
        /// characters.
        public var osVersion: String? { rare.value?.osVersion }
        /// The features of the operating system that the platform needs; hostile text, at most 8.
        public var osFeatures: [String] { rare.value?.osFeatures ?? [] }
        /// The annotations; hostile text, at most 32 of at most 1 KiB each.
        public var annotations: [String: String] { rare.value?.annotations ?? [:] }

        /// A sentence part about a wrong claim of the size of a blob of `actual` bytes: it begins
        /// after the manifest's name and ends before the blob's. nil if the claim is right.
        package func lie(about actual: UInt64) -> String? {
            if let badSize { return "says \(badSize) for the size of" }
            guard let size else { return "does not say the size of" }
            return size == actual ? nil : "says \(AmountText.count(size)) bytes for"
        }

        /// True if this entry of an index names a manifest. (Build caches name blobs in an index.)
        public var namesManifest: Bool {
            mediaType.map(ManifestType.all.contains) ?? true
        }
    }

    /// The media type. If the document has none, as OCI allows, the type that its fields show.
    public let mediaType: String
    /// The configuration; nil for an index and for schema 1.
    public let config: Reference?
    /// The layers, lowest first, a digest as often as the document names it.
    public let layers: [Reference]
    /// The entries of an index, in its order.
    public let manifests: [Reference]
    /// The manifest that this one refers to (OCI). It may be missing.
    public let subject: Reference?
    /// The type of the artifact (OCI); nil if the document has none.
    public let artifactType: String?
    /// Digests that some reader, though not the registry, could take for references: they stand
    /// under a key that occurs twice, or in a place where the registry does not look. Collections
    /// keep these blobs.
    public let otherReferences: [Digest]
    /// The reasons why readers may disagree on the document, each as the end of a sentence that
    /// begins with its name. Nearly always empty.
    public let ambiguities: [String]
    /// The time at which the image was made, from the history of a schema 1 manifest; nil for other
    /// manifests, whose configuration has it.
    public let created: Date?
    /// The text in place of that date if it is no date; hostile, at most 100 characters.
    let undated: String?
    /// `os/architecture` of a schema 1 manifest; nil for other manifests.
    public let platform: String?

    /// Everything that the manifest names with a size. Schema 1 names no sizes.
    package var claims: [Reference] {
        isSchema1 ? [] : [config].compactMap(\.self) + layers + manifests
    }

    /// True for schema 1. Only such a manifest has signatures, which its revision directory links.
    package var isSchema1: Bool { mediaType == ManifestType.signedSchema1 }

    /// True for a manifest list and an OCI index.
    public var isIndex: Bool { ManifestType.indexes.contains(mediaType) }

    /// The size of the largest manifest that is read, in bytes. (Registries of docker/distribution
    /// before v2.7 have no limit.)
    public static let sizeLimit = 64 << 20
    /// The depth to which indexes are followed into indexes.
    public static let nestingLimit = 8
}

/// An optional value in memory of its own. Its holder has a pointer of 8 bytes.
enum Apart<Value> {
    case none
    indirect case some(Value)

    init(_ value: Value?) { self = value.map(Apart.some) ?? .none }

    var value: Value? {
        if case .some(let value) = self { value } else { nil }
    }
}

extension Apart: Equatable where Value: Equatable {}
extension Apart: Hashable where Value: Hashable {}
extension Apart: Sendable where Value: Sendable {}

/// The media types of manifests and of the blobs that they name.
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

    /// The types of configurations that contain the date and the platform of an image. Other
    /// configurations (of charts, of signatures) have other forms.
    static let imageConfigurations: Set<String> = [
        "application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json",
    ]

    /// The types that most references have.
    static let frequent: Set<String> = all.union(imageConfigurations).union([
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.v1.tar",
    ])

    /// True if registries need not hold layers of this type.
    static func isForeign(_ mediaType: String?) -> Bool {
        guard let mediaType else { return false }
        return mediaType.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
            || mediaType.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
    }
}

extension Manifest {
    /// Parses a stored manifest.
    ///
    /// - Throws: `ManifestProblem` if the bytes are no manifest: no JSON, nested too deeply, too
    ///   large, of an unknown type, or with a reference that is no digest.
    package init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= Manifest.sizeLimit else { throw ManifestProblem.tooLarge }
        let document = try ManifestDocument(bytes)
        do {
            try self.init(document)
        } catch let problem as ManifestProblem {
            throw ManifestProblem(problem.text, references: document.references)
        }
    }

    private init(_ document: ManifestDocument) throws {
        let fields = ["schemaVersion", "mediaType"] + (document.schemaVersion == 1 ? Part.schema1 : Part.schema2)
        if let place = fields.compactMap({ document.wrong[$0] }).first {
            throw ManifestProblem("has a wrong value in “\(place)”")
        }
        switch (document.schemaVersion, document.mediaType) {
        case (1, _): try self.init(schema1: document)
        case (_, let type?) where ManifestType.images.contains(type): try self.init(image: document, type)
        case (_, let type?) where ManifestType.indexes.contains(type): try self.init(index: document, type)
        case (_, let type?): throw ManifestProblem("has an unknown media type, \(ByteString(type.prefix(100)))")
        case (_, nil):
            switch (document.manifests == nil, document.config == nil && document.layers == nil) {
            case (false, true): try self.init(index: document, ManifestType.ociIndex)
            case (true, false): try self.init(image: document, ManifestType.ociManifest)
            case (false, false): throw ManifestProblem("names both layers and manifests")
            case (true, true): throw ManifestProblem("is a JSON document, but no manifest")
            }
        }
    }

    /// The fields in which the registry refuses wrong types.
    private enum Part {
        static let schema1 = ["fsLayers"]
        static let schema2 = ["config", "layers", "manifests", "subject"]
    }

    private init(image document: ManifestDocument, _ type: String) throws {
        guard let config = document.config else { throw ManifestProblem("names no configuration") }
        self.init(
            document, type, config: try Manifest.reference(config),
            layers: try Manifest.references(document.layers))
    }

    private init(index document: ManifestDocument, _ type: String) throws {
        self.init(document, type, manifests: try Manifest.references(document.manifests))
    }

    /// The stored payload has no signatures, but registries serve it with them: it has that type.
    private init(schema1 document: ManifestDocument) throws {
        guard document.fsLayers != nil else { throw ManifestProblem("names no layers") }
        let newest = document.history?.elements.first ?? nil
        let image = newest.flatMap { try? ImageConfiguration(parsing: Array($0.utf8)) }
        // Schema 1 names the highest layer first.
        self.init(
            document, ManifestType.signedSchema1,
            layers: try Manifest.references(document.fsLayers, digest: "blobSum").reversed(),
            created: image?.created, undated: image?.undated,
            platform: image?.platform
                ?? Manifest.platform(os: nil, architecture: document.architecture, variant: nil))
    }

    private init(
        _ document: ManifestDocument, _ type: String, config: Reference? = nil, layers: [Reference] = [],
        manifests: [Reference] = [], created: Date? = nil, undated: String? = nil, platform: String? = nil
    ) {
        mediaType = type
        self.config = config
        self.layers = layers
        self.manifests = manifests
        subject = type == ManifestType.signedSchema1 ? nil : document.subject.flatMap { try? Manifest.reference($0) }
        self.created = created
        self.undated = undated
        self.platform = platform
        artifactType = document.artifactType.flatMap(Manifest.mediaType)
        let seen = Set(([config, subject].compactMap(\.self) + layers + manifests).map(\.digest))
        otherReferences = document.references.filter { !seen.contains($0) }
        ambiguities =
            document.ambiguities
            + (otherReferences.isEmpty ? [] : ["names digests in places where the registry does not look"])
    }

    private static func references(
        _ descriptors: GoSlice<ManifestDocument.Descriptor>?, digest name: String = "digest"
    ) throws -> [Reference] {
        try (descriptors?.elements ?? []).map { try reference($0 ?? ManifestDocument.Descriptor(), name) }
    }

    private static func reference(
        _ descriptor: ManifestDocument.Descriptor, _ name: String = "digest"
    ) throws -> Reference {
        guard let text = descriptor.digest else { throw ManifestProblem("lacks the field “\(name)”") }
        guard let digest = Digest(text) else {
            throw ManifestProblem("names “\(ByteString(text.prefix(100)))”, which is no digest")
        }
        let type = descriptor.mediaType.flatMap(mediaType)
        let (size, badSize): (UInt64?, String?) =
            switch descriptor.size {
            case .bytes(let bytes): (bytes, nil)
            case .nonsense(let text): (nil, text)
            case nil: (nil, nil)
            }
        let isForeign = descriptor.urls.elements.contains { $0 != nil } || ManifestType.isForeign(type)
        return Reference(
            digest: digest, size: size, mediaType: type, isForeign: isForeign,
            rare: Reference.Rare(
                badSize: badSize, artifactType: descriptor.artifactType.flatMap(mediaType),
                platform: descriptor.platform.flatMap {
                    platform(os: $0.os, architecture: $0.architecture, variant: $0.variant)
                }, osVersion: descriptor.platform?.osVersion.map { String($0.prefix(64)) },
                osFeatures: (descriptor.platform?.osFeatures.elements ?? []).prefix(8).compactMap {
                    $0.map { String($0.prefix(64)) }
                },
                annotations: descriptor.annotations))
    }

    /// The text if it could be a media type; hostile text is not shown.
    private static func mediaType(_ text: String) -> String? {
        // The text of a constant takes no memory.
        if let index = ManifestType.frequent.firstIndex(of: text) { return ManifestType.frequent[index] }
        let printable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        return printable && (1...255).contains(text.utf8.count) ? text : nil
    }

    /// `os/architecture[/variant]`; nil if no part is a valid name.
    static func platform(os: String?, architecture: String?, variant: String?) -> String? {
        func name(_ text: String?) -> String? {
            guard let text, text.utf8.count <= 64, StoragePath.isValid(component: text) else { return nil }
            return text
        }
        let parts = [name(os), name(architecture), name(variant)].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}

/// The reason why a document is no manifest, as the end of a sentence that begins with the
/// manifest's name.
package struct ManifestProblem: Error, Hashable, Sendable {
    package let text: String
    /// Every digest that any reader could take for a reference, as far as the document could be
    /// read.
    package let references: [Digest]

    init(_ text: String, references: [Digest] = []) {
        self.text = text
        self.references = references
    }

    static let noJSON = ManifestProblem("is not JSON")
    static let tooLarge = ManifestProblem("is larger than a manifest may be")
}

extension Manifest {
    /// The blobs that a manifest names and that are no manifests: the configuration, the layers,
    /// and the other entries of an index.
    package var blobs: [Reference] {
        (config.map { [$0] } ?? []) + layers + manifests.filter { !$0.namesManifest }
    }

    /// The manifests that an index names.
    package var children: [Reference] { manifests.filter(\.namesManifest) }

    /// Everything that a manifest names. Every walk over documents takes references from here.
    package var edges: [Edge] {
        // If readers may disagree, or an index names an unknown type, a blob may be a manifest.
        let need: Edge.Need = ambiguities.isEmpty && !isIndex ? .blob : .either
        var edges = blobs.map { Edge($0, .layer, need) }
        if let config { edges[0] = Edge(config, .config, need) }
        edges += children.map { Edge($0, .manifest, .manifest) }
        edges += otherReferences.map { Edge(digest: $0, size: nil, isForeign: false, kind: .other, need: .either) }
        if let subject { edges.append(Edge(subject, .subject, .manifest)) }
        return edges
    }

    /// A reference of a manifest to a blob.
    package struct Edge: Sendable {
        /// The role of the blob in the manifest.
        package enum Kind: Hashable, Sendable {
            /// A manifest that a tag, a revision link or an index names.
            case manifest
            /// An image's configuration.
            case config
            /// A layer, or a blob that an index names.
            case layer
            /// A signature of a schema 1 manifest. The repository's link names it, not the
            /// manifest.
            case signature
            /// The manifest to which another one refers (OCI). It need not be there, and is not
            /// needed by the manifest that refers to it.
            case subject
            /// A digest that another reader than the registry could take for a reference.
            case other
        }

        /// The duty of a collection that keeps the manifest.
        package enum Need: Hashable, Sendable {
            /// To keep the blob.
            case blob
            /// To keep the blob, and everything that it names as a manifest.
            case manifest
            /// To keep the blob, and everything that it names if it is a manifest.
            case either
        }

        package let digest: Digest
        /// The size in bytes as the manifest claims it; nil if the manifest claims none.
        package let size: UInt64?
        /// True for a layer that registries need not hold.
        let isForeign: Bool
        package let kind: Kind
        package let need: Need
    }
}

extension Manifest.Edge {
    fileprivate init(_ reference: Manifest.Reference, _ kind: Kind, _ need: Need) {
        self.init(
            digest: reference.digest, size: reference.size, isForeign: reference.isForeign, kind: kind, need: need)
    }
}
