/// What a file of the registry's tree is, as its path says it (docs/layout.md#paths).
enum RegistryFile: Hashable, Sendable {
    /// The content of a blob.
    case blob(Digest)
    /// The link that lets a repository serve a manifest.
    case revision(Digest)
    /// The link to a signature of a manifest (schema 1).
    case signature(Digest, of: Digest)
    /// The link that says what a tag names now.
    case currentLink(tag: String)
    /// The link to what a tag names, or named once.
    case tagIndex(Digest)
    /// The link that lets a repository serve a blob.
    case layer(Digest)
    /// A file of an unfinished upload; `directory` is the upload's.
    case upload(directory: StoragePath)

    /// True for the content of a blob.
    var isBlob: Bool {
        if case .blob = self { true } else { false }
    }

    /// True for a link that lets a repository serve a blob.
    var isLayerLink: Bool {
        if case .layer = self { true } else { false }
    }

    /// True for a file of an unfinished upload.
    var isUpload: Bool {
        if case .upload = self { true } else { false }
    }

    /// The directory of the unfinished upload that the file is part of; nil for others.
    var uploadDirectory: StoragePath? {
        if case .upload(let directory) = self { directory } else { nil }
    }

    /// The digest that the path says, of the content itself or of what a link holds; nil for a
    /// tag's current link, and for uploads.
    var digest: Digest? {
        switch self {
        case .blob(let digest), .revision(let digest), .signature(let digest, _), .tagIndex(let digest),
            .layer(let digest):
            digest
        case .currentLink, .upload: nil
        }
    }
}
