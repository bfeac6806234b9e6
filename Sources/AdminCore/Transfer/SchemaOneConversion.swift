import ObjectStore
import Registry
import StorageDriver
import StoreDump
import Foundation

/// Converts images of schema 1 to the image format of OCI: the layers stay as they are, and the
/// configuration is made from the history of the manifest.
///
/// Each layer is read once, since a configuration names layers by the digests of their uncompressed
/// bytes. Format: https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
struct SchemaOneConversion: Sendable {
    private let source: RegistryReader
    private let layers: Memo<Digest, Layer>

    /// A converted image.
    struct Image: Sendable {
        /// The new manifest, and its bytes.
        let manifest: Made
        /// The new configuration, and its bytes.
        let configuration: Made
        /// The layers, lowest first.
        let layers: [Digest]
    }

    /// A document that was made.
    struct Made: Sendable {
        let digest: Digest
        let bytes: [UInt8]

        fileprivate init(_ fields: [String: Any]) throws {
            bytes = Array(
                try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes]))
            digest = Digest.sha256(of: bytes)
        }
    }

    /// The reason why an image cannot be converted, as the end of a sentence.
    struct Obstacle: Error {
        let text: String
    }

    /// The facts about a layer that a configuration and a manifest need.
    private struct Layer: Sendable {
        let size: UInt64
        /// The digest of the uncompressed bytes.
        let content: Digest
        let isCompressed: Bool
    }

    init(source: RegistryReader) {
        self.source = source
        layers = Memo { try await SchemaOneConversion.layer($0, in: source) }
    }

    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let configurationType = "application/vnd.oci.image.config.v1+json"
    private static let layerType = "application/vnd.oci.image.layer.v1.tar"

    /// Converts a manifest.
    ///
    /// - Throws: `Obstacle`, `StorageError` if a layer is damaged; errors of the store.
    func convert(_ digest: Digest) async throws -> Image {
        let path = source.paths.blob(digest)
        let bytes = try await source.storage.content(path, limit: Manifest.sizeLimit)
        guard BoundedJSON.isShallow(bytes),
            let document = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let sums = document["fsLayers"] as? [[String: Any]], let texts = document["history"] as? [[String: Any]],
            sums.count == texts.count, !sums.isEmpty
        else { throw Obstacle(text: "has no history that fits to its layers") }
        // Schema 1 names the newest layer first.
        let steps = try texts.reversed().map { try Self.step($0["v1Compatibility"] as? String ?? "") }
        var history: [[String: Any]] = []
        var named: [Digest] = []
        for (sum, step) in zip(sums.reversed(), steps) {
            let isEmpty = step["throwaway"] as? Bool ?? false
            history.append(Self.history(step, isEmpty))
            if isEmpty { continue }
            guard let layer = (sum["blobSum"] as? String).flatMap({ Digest($0) }), layer.isCanonical else {
                throw Obstacle(text: "names a layer by another digest than SHA-256")
            }
            named.append(layer)
        }
        var found: [Layer] = []
        for layer in named { found.append(try await layers(layer)) }
        let configuration = try Made(Self.configuration(steps.last ?? [:], document, history, found))
        let manifest = try Made([
            "schemaVersion": 2, "mediaType": Self.manifestType,
            "config": Self.descriptor(Self.configurationType, configuration.digest, UInt64(configuration.bytes.count)),
            "layers": zip(named, found).map { digest, layer in
                Self.descriptor(Self.layerType + (layer.isCompressed ? "+gzip" : ""), digest, layer.size)
            },
        ])
        return Image(manifest: manifest, configuration: configuration, layers: named)
    }

    private static func step(_ text: String) throws -> [String: Any] {
        let bytes = Array(text.utf8)
        guard BoundedJSON.isShallow(bytes),
            let step = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        else { throw Obstacle(text: "has a history that is no JSON") }
        return step
    }

    private static func history(_ step: [String: Any], _ isEmpty: Bool) -> [String: Any] {
        var entry: [String: Any] = [:]
        for key in ["created", "author", "comment"] {
            if let text = step[key] as? String, !text.isEmpty { entry[key] = text }
        }
        if let command = (step["container_config"] as? [String: Any])?["Cmd"] as? [String] {
            entry["created_by"] = command.joined(separator: " ")
        }
        if isEmpty { entry["empty_layer"] = true }
        return entry
    }

    private static func configuration(
        _ newest: [String: Any], _ document: [String: Any], _ history: [[String: Any]], _ layers: [Layer]
    ) -> [String: Any] {
        var fields: [String: Any] = [:]
        for key in ["created", "author", "architecture", "os", "variant", "config"] where !(newest[key] is NSNull) {
            fields[key] = newest[key]
        }
        // The format requires both.
        fields["architecture"] = fields["architecture"] ?? document["architecture"] ?? "amd64"
        fields["os"] = fields["os"] ?? "linux"
        fields["rootfs"] = ["type": "layers", "diff_ids": layers.map(\.content.string)] as [String: Any]
        fields["history"] = history
        return fields
    }

    private static func descriptor(_ type: String, _ digest: Digest, _ size: UInt64) -> [String: Any] {
        ["mediaType": type, "digest": digest.string, "size": Int(clamping: size)]
    }

    // MARK: - Layers

    /// Reads a layer, and hashes it uncompressed.
    private static func layer(_ digest: Digest, in source: RegistryReader) async throws -> Layer {
        guard var stored = ContentHash(like: digest), var content = ContentHash(like: digest) else {
            throw Obstacle(text: "names a layer by an unknown algorithm")
        }
        var size: UInt64 = 0
        var inflation: GzipInflation?
        do {
            for try await piece in try await source.storage.reader(source.paths.blob(digest)) {
                try Task.checkCancellation()
                if size == 0, piece.starts(with: [0x1f, 0x8b]) { inflation = try GzipInflation() }
                size += UInt64(piece.count)
                stored.update(piece)
                if let inflation {
                    try inflation.take(piece) { content.update($0) }
                } else {
                    content.update(piece)
                }
            }
        } catch is GzipInflation.Fault {
            throw Obstacle(text: "has a layer that cannot be decompressed")
        }
        guard stored.matches(digest), inflation?.isWhole ?? true else {
            throw Obstacle(text: "has the damaged layer \(digest)")
        }
        return Layer(size: size, content: content.digest(), isCompressed: inflation != nil)
    }
}
