import Foundation

extension Manifest {
    /// Understands a stored manifest. Throws `ManifestProblem` for whatever is none: no JSON, too deep, too large, of an unknown
    /// type, with something that is no digest.
    init(parsing bytes: [UInt8]) throws {
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

    /// The fields of which the registry refuses wrong types.
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

    /// The stored payload has its signatures elsewhere, but it is served with them; so that is its type.
    private init(schema1 document: ManifestDocument) throws {
        guard document.fsLayers != nil else { throw ManifestProblem("names no layers") }
        let newest = document.history?.elements.first ?? nil
        let image = newest.flatMap { try? ImageConfiguration(parsing: Array($0.utf8)) }
        // The highest layer comes first there.
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
            digest: digest, size: size, badSize: badSize, mediaType: type,
            artifactType: descriptor.artifactType.flatMap(mediaType),
            platform: descriptor.platform.flatMap {
                platform(os: $0.os, architecture: $0.architecture, variant: $0.variant)
            }, osVersion: descriptor.platform?.osVersion.map { String($0.prefix(64)) },
            osFeatures: (descriptor.platform?.osFeatures.elements ?? []).prefix(8).compactMap {
                $0.map { String($0.prefix(64)) }
            },
            annotations: descriptor.annotations, isForeign: isForeign)
    }

    /// The text if it could be a media type: hostile ones are not shown.
    private static func mediaType(_ text: String) -> String? {
        let printable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        return printable && (1...255).contains(text.utf8.count) ? text : nil
    }

    /// `os/architecture[/variant]`; nil if nothing is said, or something that is no name.
    static func platform(os: String?, architecture: String?, variant: String?) -> String? {
        func name(_ text: String?) -> String? {
            guard let text, text.utf8.count <= 64, StoragePath.isValid(component: text) else { return nil }
            return text
        }
        let parts = [name(os), name(architecture), name(variant)].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}
