import AdminCore

/// The text of a manifest of schema 2.
enum ManifestText {
    /// A blob that a manifest names.
    struct Blob: Sendable {
        let digest: Digest
        let size: Int

        init(_ content: [UInt8]) {
            digest = Digest.sha256(of: content)
            size = content.count
        }
    }

    static func schema2(config: Blob, layers: [Blob]) -> [UInt8] {
        let type = "application/vnd.docker"
        func reference(_ blob: Blob, _ kind: String) -> String {
            #"{"mediaType":"\#(type).\#(kind)","size":\#(blob.size),"digest":"\#(blob.digest)"}"#
        }
        let list = layers.map { reference($0, "image.rootfs.diff.tar.gzip") }.joined(separator: ",")
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(type).distribution.manifest.v2+json","#
            + #""config":\#(reference(config, "container.image.v1+json")),"layers":[\#(list)]}"#
        return Array(text.utf8)
    }
}
