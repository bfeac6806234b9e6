/// What a pass remembers: what repositories share.
final class PassMemory: Sendable {
    /// What chunk 0 of each blob says.
    let blobs: Memo<Digest, BlobFinding>
    /// The manifests.
    let manifests: Memo<Digest, ManifestFinding>
    /// The configurations; nil for those that cannot be read.
    let configurations: Memo<Digest, ImageConfiguration?>

    init(reader: RegistryReader) {
        blobs = Memo { try await reader.blob($0) }
        manifests = Memo { try await reader.manifest($0) }
        configurations = Memo { try await reader.configuration($0) }
    }
}
