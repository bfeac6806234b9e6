package import StorageDriver
import Foundation

/// Everything that `RepositoryInquiry` has read about one repository and the content that it
/// reaches. `Closure` evaluates it.
package struct RepositoryFacts: Sendable {
    /// The names of the tags, if the inquiry asked for them; nil if there is no directory of tags.
    package var tagNames: [String]?
    /// The current links, by tag.
    package var tags: [String: LinkFinding] = [:]
    /// The digests with a revision directory, if the inquiry asked for them; nil if there is no
    /// directory of revisions.
    package var listedRevisions: [Digest]?
    /// The revision directories, also those of children of indexes and of manifests that tags name.
    package var revisions: [Digest: RevisionFinding] = [:]
    /// The SHA-256 digests with a directory among the layer links, if the inquiry asked for them;
    /// nil if there is no such directory.
    var listedLayers: [Digest]?
    /// The identifiers of the uploads, if the inquiry asked for them; nil if there is no directory
    /// of uploads.
    var uploads: [String]?
    /// The identifiers of the files of each upload, and of files among the uploads, if the inquiry
    /// asked for them.
    var uploadFiles: [String: [BlobIdentifier]] = [:]
    /// The entries that break the rules for paths in the directories of the tags and of the
    /// uploads, a sentence each.
    var badEntries: Set<String> = []
    /// The manifests.
    package var manifests: [Digest: ManifestFinding] = [:]
    /// The blobs: configurations, layers, signatures.
    var blobs: [Digest: BlobFinding] = [:]
    /// The repository's links to the blobs, by the digests in its manifests.
    package var layerLinks: [Digest: LinkFinding] = [:]
    /// The readable configurations, if the inquiry asked for them.
    var configurations: [Digest: ImageConfiguration] = [:]

    /// True if none of the directories of a repository was there. The facts must answer the
    /// questions `tagNames`, `revisionList`, `layerList` and `uploads`.
    package var areEmpty: Bool {
        tagNames == nil && listedRevisions == nil && listedLayers == nil && uploads == nil
    }

    /// The manifests that the repository links, whatever the links hold, sorted.
    package var heldRevisions: [Digest] {
        (listedRevisions ?? []).filter { revisions[$0]?.isThere ?? false }
    }

    /// The fault of a tag's current link, in a sentence; nil if there is none.
    package func fault(ofTag tag: String) -> String? {
        (tags[tag] ?? .missing).fault().map { "The link of the tag \(tag) \($0)." }
    }

    /// The damage of the repository that no tag shows, a sentence each: names that break the path
    /// rule, and uploads with the chunks of a blob.
    package var ownFaults: [String] {
        let names = badEntries.sorted()
        guard !uploadFiles.isEmpty else { return names }
        var owners: [BlobIdentifier: Digest] = [:]
        for (digest, blob) in blobs { blob.file.map { owners[$0] = digest } }
        for (digest, manifest) in manifests { manifest.blob.file.map { owners[$0] = digest } }
        let pairs = uploadFiles.sorted { $0.key < $1.key }.flatMap { upload, files in
            files.compactMap { owners[$0] }.map { digest in
                "The finished upload \(upload) still names the chunks of the blob \(digest): the registry's purge of old uploads "
                    + "deletes the blob as well."
            }
        }
        return names + pairs
    }

    /// The digest in the path of the blob that a manifest names by `digest`, from the repository's
    /// link.
    package func canonical(_ digest: Digest) -> Digest {
        digest.isCanonical ? digest : layerLinks[digest]?.digest ?? digest
    }

    /// The blob that a manifest names by `digest`.
    package func blob(_ digest: Digest) -> BlobFinding { blobs[canonical(digest)] ?? .missing }

    /// The state of a configuration or a layer. `reason` ends a sentence that begins with the
    /// blob's name.
    package func verdict(on reference: Manifest.Reference) -> (state: ImageDetail.BlobState, reason: String) {
        let blob = blob(reference.digest)
        if reference.isForeign, blob.state == .missing { return (.elsewhere, "") }
        guard blob.state == .ok else { return (blob.state, blob.reason) }
        if let fault = (layerLinks[reference.digest] ?? .missing).fault(expecting: reference.digest),
            !reference.isForeign
        {
            return (.unlinked, fault == "is missing" ? "is not linked in this repository" : "has a link that \(fault)")
        }
        return (.ok, "")
    }

    /// Visits some manifests and everything that they name, the nearest first and each once.
    /// Returns the manifests that are nested too deeply.
    @discardableResult
    package func walk(from roots: some Sequence<Digest>, _ visit: (Digest, ManifestFinding?) -> Void) -> [Digest] {
        var traversal = ManifestTraversal<(digest: Digest, depth: Int)>()
        for root in roots where traversal.enters(root) { traversal.add((root, 0)) }
        while let (digest, depth) = traversal.oldest() {
            visit(digest, manifests[digest])
            for child in manifests[digest]?.manifest?.children ?? []
            where traversal.enters(child.digest, depth: depth + 1) {
                traversal.add((child.digest, depth + 1))
            }
        }
        return traversal.tooDeep
    }

    /// The listed revisions that are not reached from a tag, sorted.
    var untaggedRevisions: [Digest] {
        var reached: Set<Digest> = []
        walk(from: tags.values.compactMap(\.digest)) { digest, _ in reached.insert(digest) }
        return (listedRevisions ?? []).filter { !reached.contains($0) }
    }

    /// The parts of a manifest: its configuration, the entries of an index to any depth that is
    /// followed, and their configurations.
    package func parts(of digest: Digest) -> [Digest] {
        var seen: Set<Digest> = [digest]
        var found: [Digest] = []
        walk(from: [digest]) { _, finding in
            guard let manifest = finding?.manifest else { return }
            let parts = (manifest.config.map { [$0.digest] } ?? []) + manifest.children.map(\.digest)
            found += parts.filter { seen.insert($0).inserted }
        }
        return found
    }

}

/// The result of reading the ends of a blob.
package struct BlobFinding: Hashable, Sendable {
    /// The size in bytes; the known part of it if the blob is damaged, nil if it is missing.
    package let size: UInt64?
    /// `.ok`, `.missing`, `.suspect` or `.damaged`; by the content also `.waste`.
    package let state: ImageDetail.BlobState
    /// The fault, as the end of a sentence that begins with the blob's name; empty if there is
    /// none.
    package let reason: String
    /// The identifier of its chunks; nil if that was not read.
    package private(set) var file: BlobIdentifier?

    static let missing = BlobFinding(size: nil, state: .missing, reason: "is missing")

    /// The finding about a path that is no file.
    init(noFile kind: DirectoryEntry.Kind?) {
        switch kind {
        case nil, .file: self = .missing
        case .directory: self.init(size: nil, state: .damaged, reason: "is a directory")
        case .invalid: self.init(size: nil, state: .damaged, reason: "has no valid identifier")
        }
    }

    /// The digests of no bytes. Only a blob with one of these may be empty (docs/layout.md#d3,
    /// #d7).
    package static let emptyDigests: Set<String> = [
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    ]

    /// Evaluates a blob by chunk 0 of its file and, in a file of several chunks, by the length of
    /// the last one, if that was read.
    package init(_ head: FileHead, last: LastChunk = .right, of digest: Digest, in file: BlobIdentifier? = nil) {
        self.file = file
        size = head.sizeOrLength
        let isEmpty = BlobFinding.emptyDigests.contains(digest.string)
        switch head.state {
        case .empty where isEmpty:
            (state, reason) = (.damaged, "has no chunk, not even one of no bytes, so that no registry serves it")
        case .sound where head.sizeOrLength > 0 || isEmpty:
            switch last {
            case .right: (state, reason) = (.ok, "")
            case .missing: (state, reason) = (.damaged, "has lost its last chunk")
            case .short: (state, reason) = (.damaged, "has a last chunk that is too short\(Self.hang)")
            case .long: (state, reason) = (.suspect, "has a last chunk that is too long\(Self.doubt)")
            }
        case .sound, .empty: (state, reason) = (.damaged, "has lost its content")
        case .missing: (state, reason) = (.damaged, "has lost its first chunk")
        case .badSize: (state, reason) = (.damaged, "does not say its size")
        case .short: (state, reason) = (.damaged, "has a first chunk that is too short\(Self.hang)")
        case .long:
            switch last {
            case .right, .long: (state, reason) = (.suspect, "has a first chunk that is too long\(Self.doubt)")
            case .missing: (state, reason) = (.damaged, "has a first chunk that is too long, and no last chunk")
            case .short:
                (state, reason) = (.damaged, "has a first chunk that is too long, and a last one that is too short")
            }
        }
    }

    /// The consequence of a chunk that ends too early (docs/layout.md#d14).
    private static let hang = ": a client that pulls it waits without end"
    /// The consequence of a chunk that is too long (docs/layout.md#d1, #d2, #d4).
    private static let doubt = ": only its content tells whether it can be pulled"

    /// The finding after `BlobInspector.judged` has read the content.
    package init(judged blob: BlobFinding, _ state: ImageDetail.BlobState, _ reason: String) {
        self.init(size: blob.size, state: state, reason: reason)
        file = blob.file
    }

    package init(size: UInt64?, state: ImageDetail.BlobState, reason: String) {
        self.size = size
        self.state = state
        self.reason = reason
    }
}

/// The result of reading a repository's directory of one manifest.
package struct RevisionFinding: Hashable, Sendable {
    /// The link that lets the repository serve the manifest.
    package let link: LinkFinding
    /// The links to the manifest's signatures (schema 1), by digest.
    package let signatures: [Digest: LinkFinding]

    /// False if the directory is empty or missing: such remains of a deletion are no revision.
    package var isThere: Bool { link.state != .missing || !signatures.isEmpty }

    /// A directory that is listed and was not read.
    static let listed = RevisionFinding(link: .listed, signatures: [:])
}

/// The result of reading a configuration.
struct ConfigurationFinding: Sendable {
    /// The configuration's blob.
    let blob: BlobFinding
    /// The configuration; nil if it cannot be read.
    let configuration: ImageConfiguration?
}

/// The result of reading a manifest.
package struct ManifestFinding: Hashable, Sendable {
    /// The manifest's blob.
    package let blob: BlobFinding
    private let content: Apart<Manifest>
    /// The fault, as the end of a sentence that begins with the manifest's name; empty if the
    /// manifest can be read.
    package let reason: String

    init(blob: BlobFinding, manifest: Manifest?, reason: String) {
        self.blob = blob
        content = Apart(manifest)
        self.reason = reason
    }

    /// The manifest; nil if it cannot be read.
    package var manifest: Manifest? { content.value }

    /// The same manifest, with the finding about its blob that the content gives.
    func judged(_ blob: BlobFinding) -> ManifestFinding {
        ManifestFinding(blob: blob, manifest: manifest, reason: manifest == nil ? blob.reason : reason)
    }
}
