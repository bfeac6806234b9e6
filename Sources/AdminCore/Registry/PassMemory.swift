/// What a pass remembers: what repositories share.
final class PassMemory: Sendable {
    /// What chunk 0 of each blob says.
    let blobs: Memo<Digest, BlobFinding>
    /// The manifests.
    let manifests: Memo<Digest, ManifestFinding>
    /// The configurations; nil for those that cannot be read.
    let configurations: Memo<Digest, ImageConfiguration?>

    /// How many questions of all inquiries of the pass are under way. A task each: what bounds the memory they take.
    let questions = Counter()
    /// From how many on an inquiry asks no more than `share` at once.
    static let questionLimit = 1 << 14
    /// How many questions every inquiry may have under way, whatever the others do.
    static let share = 16

    init(reader: RegistryReader) {
        blobs = Memo { try await reader.blob($0) }
        manifests = Memo { try await reader.manifest($0) }
        configurations = Memo { try await reader.configuration($0) }
    }
}
