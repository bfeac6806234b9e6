package import Registry
import StorageDriver
import Synchronization

/// A suspected problem of a repository's documents.
enum RepositorySuspect: Sendable {
    case emptyRepository
    /// A link, with the digest in its path; nil for the link of a tag.
    case badLink(StoragePath, Digest?)
    /// A tag without its current link.
    case lostTag(String)
    /// A manifest without a link; the text is the subject of "names the manifest".
    case missingRevision(Digest, String)
    case badManifest(Digest, String, tags: [String])
    /// A blob; the text is the subject of "needs it".
    case missingBlob(Digest, String)
    case missingLayerLink(Digest, manifest: Digest)
    case unusedLayerLink(Digest, BlobIdentifier)
    case orphanCompanion(StoragePath, Companion)
    case staleUpload(StoragePath, bytes: UInt64)
    /// A file among the uploads that belongs to no upload.
    case strayUpload(StoragePath, BlobIdentifier)
}

/// The digests that were reported, for problems that several repositories share.
final class FsckOnce: Sendable {
    private let digests = Mutex<Set<Digest>>([])

    /// Returns true the first time.
    func isFirst(_ digest: Digest) -> Bool { digests.withLock { $0.insert(digest).inserted } }
}

extension RegistryReader {
    /// Returns whether a repository has a manifest: by a revision link or by a tag.
    package func holds(_ digest: Digest, in name: RepositoryName) async throws -> Bool {
        if try await storage.entry(paths.revisionLink(name, digest)) != nil { return true }
        let tags = try await RepositoryInquiry(name: name, pass: pass(), scope: .tagLinks).facts([.tagNames]).tags
        return tags.values.contains { $0.digest == digest }
    }
}
