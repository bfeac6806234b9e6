import Registry
import StorageDriver
import Foundation

/// Pushes images into a draft as registry v2.3.1 does: blobs, layer links, the revision, then the
/// tags.
struct SampleBuilder {
    private(set) var draft: PoolDraft
    let paths: RegistryPaths

    /// An empty registry. Identifiers are derived from the paths, so an addition changes no other
    /// identifier.
    init(paths: RegistryPaths = RegistryPaths(), chunkSize: UInt64 = StorageReader.defaultChunkSize) {
        self.paths = paths
        draft = PoolDraft(chunkSize: chunkSize, makeIdentifier: SampleBuilder.identifier)
    }

    /// The identifier of a file of the sample.
    static func identifier(_ path: StoragePath) -> BlobIdentifier {
        var generator = SeededGenerator(seed: path.string)
        return .random(using: &generator)
    }

    /// The repository name in `text`. Throws `StorageError.invalidPath` if `text` is no name.
    static func name(_ text: String) throws -> RepositoryName {
        guard let name = RepositoryName(text) else { throw StorageError.invalidPath(text) }
        return name
    }

    // MARK: - Pushes

    /// Pushes an image under these tags and returns its manifest. The caller adds the blob
    /// `missing`, if any.
    @discardableResult
    mutating func push(
        _ image: SampleImage, to repository: String, tags: [String], at date: SampleDate,
        without missing: SampleBlob? = nil
    ) throws -> SampleBlob {
        let config = image.config
        for blob in image.layers + [config] {
            if blob != missing { try store(blob, at: date) }
            try linkLayer(blob, in: repository, at: date)
        }
        let manifest = image.manifest(config: config)
        try putManifest(manifest, in: repository, tags: tags, at: date)
        return manifest
    }

    /// Pushes images of several platforms without a tag, and a tagged index over them; returns the
    /// index.
    @discardableResult
    mutating func push(
        _ images: [SampleImage], as format: SampleImage.Format, to repository: String, tags: [String],
        at date: SampleDate
    ) throws -> SampleBlob {
        let manifests = try images.map { ($0, try push($0, to: repository, tags: [], at: date)) }
        let index = SampleIndex(format: format, images: manifests).document
        try putManifest(index, in: repository, tags: tags, at: date)
        return index
    }

    /// Pushes a signed manifest of schema 1 under its tag.
    mutating func push(_ image: SampleSchema1, at date: SampleDate) throws {
        for layer in image.layers {
            try store(layer, at: date)
            try linkLayer(layer, in: image.name, at: date)
        }
        let payload = image.payload
        let signature = image.signature(of: payload)
        try store(signature, at: date)
        try link(
            signature.digest,
            at: paths.revision(SampleBuilder.name(image.name), payload.digest)
                .appending(.literal("signatures", "sha256", signature.digest.hex, "link")), date)
        try putManifest(payload, in: image.name, tags: [image.tag], at: date)
    }

    /// Stores a manifest, links it as a revision, and sets the tags to it.
    mutating func putManifest(_ manifest: SampleBlob, in repository: String, tags: [String], at date: SampleDate) throws
    {
        let name = try SampleBuilder.name(repository)
        try store(manifest, at: date)
        try link(manifest.digest, at: paths.revision(name, manifest.digest).appending("link"), date)
        for tag in tags {
            let directory = try paths.tags(name).appending(tag)
            try link(manifest.digest, at: directory.appending(.literal("current", "link")), date)
            try link(
                manifest.digest, at: directory.appending(.literal("index", "sha256", manifest.digest.hex, "link")),
                date)
        }
    }

    // MARK: - Parts of pushes

    /// Stores a blob, unless it is there; the date of its first upload stays.
    mutating func store(_ blob: SampleBlob, at date: SampleDate) throws {
        let path = paths.blob(blob.digest)
        if !draft.hasFile(path) {
            try draft.putContent(blob.content, zeros: blob.zeros, at: path, modified: date.date)
        }
    }

    /// Stores other bytes in the file of a blob, as they are before the damage.
    mutating func store(_ content: [UInt8], zeros: Int = 0, as blob: SampleBlob, at date: SampleDate) throws {
        try draft.putContent(
            content, zeros: zeros, at: paths.blob(blob.digest), modified: date.date)
    }

    /// Links a blob as a layer of a repository.
    mutating func linkLayer(_ blob: SampleBlob, in repository: String, at date: SampleDate) throws {
        let path = try paths.layerLink(SampleBuilder.name(repository), blob.digest)
        if !draft.hasFile(path) { try link(blob.digest, at: path, date) }
    }

    /// Creates an empty directory.
    mutating func makeDirectory(_ path: StoragePath, at date: SampleDate) throws {
        try draft.makeDirectory(path, modified: date.date)
    }

    private mutating func link(_ digest: Digest, at path: StoragePath, _ date: SampleDate) throws {
        try draft.putContent(Array(digest.string.utf8), at: path, modified: date.date)
    }

    /// Begins an upload and leaves it unfinished after `content`. Returns the path of the data.
    @discardableResult
    mutating func startUpload(
        _ id: String, in repository: String, at date: SampleDate, _ content: [UInt8]? = nil,
        continued: SampleDate? = nil
    ) throws -> StoragePath {
        let directory = try paths.uploads(SampleBuilder.name(repository)).appending(id)
        try draft.putContent(
            Array(date.text.utf8), at: directory.appending(.literal("startedat")), modified: date.date)
        // The registry saves a hash state when a request begins; the next one comes with the end of
        // the request.
        try draft.putContent(
            SampleBuilder.initialHashState, at: directory.appending(.literal("hashstates", "sha256", "0")),
            modified: date.date)
        let data = directory.appending(.literal("data"))
        if let content { try draft.putContent(content, at: data, modified: (continued ?? date).date) }
        return data
    }

    /// The state of a SHA-256 without a byte, as registry v2.3.1 saves it: a Go gob of the eight
    /// words, the length and the block.
    private static let initialHashState = Array(
        Data(
            base64Encoded:
                "Dv+BAQEC/4IAAQYBEAAALP+CAAj8agnmZ/y7Z66F/Dxu83L8pU/1OvxRDlJ//JsFaIz8H4PZ"
                + "q/xb4M0ZD/+DAQEC/4QAAQYB/4AAAET/hABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMEAAADBgAAAwIAAA=="
        ) ?? Data())
}
