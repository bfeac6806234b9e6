import Foundation

/// Why a document is no manifest, as the end of a sentence that begins with the manifest's name.
struct ManifestProblem: Error, Hashable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

extension Manifest {
    /// Understands a stored manifest. Throws `ManifestProblem` for whatever is none: no JSON, too deep, too large, of an unknown
    /// type, with a digest or a size that cannot be.
    init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= Manifest.sizeLimit else { throw ManifestProblem("is larger than a manifest may be") }
        let document = try BoundedJSON.decode(ManifestDocument.self, from: bytes)
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

    private init(image document: ManifestDocument, _ type: String) throws {
        guard let config = document.config else { throw ManifestProblem("names no configuration") }
        mediaType = type
        self.config = try Manifest.reference(config)
        layers = try Manifest.references(document.layers ?? [])
        manifests = []
        subject = try document.subject.map(Manifest.reference)
        created = nil
        platform = nil
    }

    private init(index document: ManifestDocument, _ type: String) throws {
        mediaType = type
        config = nil
        layers = []
        manifests = try Manifest.references(document.manifests ?? [])
        subject = try document.subject.map(Manifest.reference)
        created = nil
        platform = nil
    }

    /// The stored payload has its signatures elsewhere, but it is served with them; so that is its type.
    private init(schema1 document: ManifestDocument) throws {
        guard let layers = document.fsLayers else { throw ManifestProblem("names no layers") }
        mediaType = ManifestType.signedSchema1
        config = nil
        // The highest layer comes first there.
        self.layers = try Manifest.references(
            layers.reversed().map {
                ManifestDocument.Descriptor(digest: $0.blobSum, size: nil, mediaType: nil, platform: nil, urls: nil)
            })
        manifests = []
        subject = nil
        let image = document.history?.first.flatMap { try? ImageConfiguration(parsing: Array($0.v1Compatibility.utf8)) }
        created = image?.created
        platform = image?.platform ?? Manifest.platform(os: nil, architecture: document.architecture, variant: nil)
    }

    private static func references(_ descriptors: [ManifestDocument.Descriptor]) throws -> [Reference] {
        guard descriptors.count <= referenceLimit else {
            throw ManifestProblem(
                "names \(descriptors.count) things, more than the \(referenceLimit) that are followed")
        }
        return try descriptors.map(reference)
    }

    private static func reference(_ descriptor: ManifestDocument.Descriptor) throws -> Reference {
        guard let digest = Digest(descriptor.digest) else {
            throw ManifestProblem("names “\(ByteString(descriptor.digest.prefix(100)))”, which is no digest")
        }
        if let size = descriptor.size, size < 0 {
            throw ManifestProblem("says that \(digest) has \(size) bytes")
        }
        let type = descriptor.mediaType.flatMap(mediaType)
        return Reference(
            digest: digest, size: descriptor.size.map { UInt64($0) }, mediaType: type,
            platform: descriptor.platform.flatMap {
                platform(os: $0.os, architecture: $0.architecture, variant: $0.variant)
            }, isForeign: !(descriptor.urls ?? []).isEmpty || ManifestType.isForeign(type))
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

/// The fields of all kinds of manifests that are of interest; what is not asked for is not looked at.
private struct ManifestDocument: Decodable {
    struct Platform: Decodable {
        let os: String?
        let architecture: String?
        let variant: String?
    }

    struct Descriptor: Decodable {
        let digest: String
        let size: Int64?
        let mediaType: String?
        let platform: Platform?
        let urls: [String]?
    }

    struct Layer: Decodable {
        let blobSum: String
    }

    struct History: Decodable {
        let v1Compatibility: String
    }

    enum CodingKeys: CodingKey {
        case schemaVersion, mediaType, config, layers, manifests, subject, fsLayers, history, architecture
    }

    let schemaVersion: Int?
    let mediaType: String?
    var config: Descriptor?
    var layers: [Descriptor]?
    var manifests: [Descriptor]?
    var subject: Descriptor?
    var fsLayers: [Layer]?
    var history: [History]?
    var architecture: String?

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try fields.decodeIfPresent(Int.self, forKey: .schemaVersion)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        if schemaVersion == 1 {
            fsLayers = try fields.decodeIfPresent([Layer].self, forKey: .fsLayers)
            history = try fields.decodeIfPresent([History].self, forKey: .history)
            architecture = try fields.decodeIfPresent(String.self, forKey: .architecture)
        } else {
            config = try fields.decodeIfPresent(Descriptor.self, forKey: .config)
            layers = try fields.decodeIfPresent([Descriptor].self, forKey: .layers)
            manifests = try fields.decodeIfPresent([Descriptor].self, forKey: .manifests)
            subject = try fields.decodeIfPresent(Descriptor.self, forKey: .subject)
        }
    }
}
