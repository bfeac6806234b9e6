import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Reads single things for a mark. Damage of one thing becomes a value; a thrown error concerns the
/// store as a whole.
struct MarkReader: Sendable {
    let registry: RegistryReader
    /// A file that was written since is young.
    let cutoff: Date
    /// A registry may still be writing an incomplete file that was begun since, whatever the grace
    /// window is. (If no registry is writing, there is no such file.)
    let writing: Date

    /// The longest time in seconds that a registry takes to write one small file, from its key to
    /// its content, including a pause of the cluster.
    static let longestWrite: TimeInterval = 600

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// The content of a link.
    struct LinkContent: Sendable {
        let digest: Digest?
        let isYoung: Bool
        /// True if it has no digest and a registry may still be writing it.
        var isBeingWritten = false
        /// The reason why it is dangling (docs/layout.md#d7), or could not be read; nil if there is
        /// neither fault.
        let obstacle: String?
    }

    /// Returns the parts of a long list, so that the answers about all of it are never held at
    /// once.
    func waves(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: 4096).map { $0..<min($0 + 4096, count) }
    }

    func read(_ links: [CollectionIndex.Link]) async throws -> [LinkContent] {
        try await concurrentMap(links, window: storage.window) { link in
            try await naming { error in
                LinkContent(digest: nil, isYoung: true, obstacle: "cannot be read: \(error)")
            } reading: {
                try await content(of: link)
            }
        }
    }

    func content(of link: CollectionIndex.Link) async throws -> LinkContent {
        let path = link.path.path
        let finding = try await registry.links.read(link.blob, at: path)
        return LinkContent(
            digest: finding.digest,
            isYoung: finding.damage == nil ? try await isYoung(finding.modified, path) : true,
            isBeingWritten: finding.digest == nil ? try await isBeingWritten(link.blob, path) : false,
            obstacle: finding.damage.map { "has lost its content: \($0)" })
    }

    /// True if a file was written within the grace window. A file without chunk 0 has no date; then
    /// the date of its directory counts, and a registry may still be writing the file.
    func isYoung(_ modified: Date?, _ path: StoragePath) async throws -> Bool {
        if let modified { return isYoung(modified) }
        return try await date(of: path.parent).map { $0 > min(cutoff, writing) } ?? true
    }

    /// True if a registry may still be writing an incomplete file: it was begun only a short time
    /// ago.
    func isBeingWritten(_ blob: BlobIdentifier, _ path: StoragePath) async throws -> Bool {
        var moment = try await storage.head(of: blob).modified
        if moment == nil { moment = try await date(of: path.parent) }
        return moment.map { $0 > writing } ?? true
    }

    private func date(of directory: StoragePath) async throws -> Date? {
        try await storage.objects.read(.stat, of: StorageReader.directory(directory))?.modified
    }

    func isYoung(_ moment: Date) -> Bool { moment > cutoff }

    /// Reads one thing. An error of that thing alone becomes a value; an error of the whole store
    /// is thrown.
    func naming<Value: Sendable>(
        _ failure: (StoreError) -> Value, reading body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as StoreError {
            switch error.kind {
            case .inputOutput, .invalid, .busy, .other: return failure(error)
            default: throw error
            }
        }
    }

    enum ManifestContent: Sendable {
        case manifest(Manifest)
        case missing
        /// The reason, and the digests that the document names nevertheless.
        case unreadable(String, [Digest])
    }

    /// Reads a manifest at its blobs path, or in the quarantine. `missing`: proven to be at neither
    /// place.
    func manifest(
        _ digest: Digest, _ placed: BlobIdentifier?, _ held: BlobIdentifier?
    ) async throws -> ManifestContent {
        try await measured(digest, placed, held).content
    }

    /// The same, with the bytes of the manifest's file; nil if they are not known.
    func measured(
        _ digest: Digest, _ placed: BlobIdentifier?, _ held: BlobIdentifier?
    ) async throws -> (content: ManifestContent, bytes: UInt64?) {
        let path = paths.blob(digest)
        guard let blob = try await place(of: digest, placed, held) else { return (.missing, nil) }
        do {
            let (head, content) = try await registry.manifest(in: blob, at: path)
            switch content {
            case .success(let manifest): return (.manifest(manifest), head.size)
            case .failure(let problem): return (.unreadable("it \(problem.text)", problem.references), head.size)
            }
        } catch let error as StorageError {
            return (.unreadable("\(error)", []), nil)
        }
    }

    /// The nature of a blob that need not be a manifest.
    enum Among: Sendable {
        case manifest(Manifest)
        case somethingElse
        case unreadable(String)
    }

    func manifestAmongLayers(
        _ digest: Digest, _ placed: BlobIdentifier?, _ held: BlobIdentifier?
    ) async throws -> Among {
        try await naming {
            .unreadable("\($0)")
        } reading: {
            guard let blob = try await place(of: digest, placed, held) else { return .somethingElse }
            do {
                return try await registry.manifestAmongLayers(in: blob, at: paths.blob(digest))
                    .map(Among.manifest) ?? .somethingElse
            } catch let error as StorageError {
                return .unreadable("\(error)")
            }
        }
    }

    private func place(
        of digest: Digest, _ placed: BlobIdentifier?, _ held: BlobIdentifier?
    ) async throws -> BlobIdentifier? {
        if let placed { return placed }
        // The blob may have been pushed after the enumeration passed its place.
        if case .file(let late)? = try await storage.entry(paths.blob(digest))?.kind { return late }
        return held
    }

    /// The size and the age of a blob.
    struct Weight: Sendable {
        var bytes: UInt64 = 0
        var isYoung = true
        /// The reason why they are not known; nil if they are known.
        var obstacle: String?
    }

    /// `last`: see `StorageReader.heldBytes`.
    func weight(of blob: BlobIdentifier, _ digest: Digest, through last: Int?) async throws -> Weight {
        try await naming {
            Weight(obstacle: "cannot be read: \($0)")
        } reading: {
            let head = try await storage.head(of: blob)
            switch head.state {
            case .missing, .badSize:
                if try await isBeingWritten(blob, paths.blob(digest)) { return Weight() }
                return Weight(
                    obstacle:
                        "has lost its first chunk, or its size; fix it first: `regtop fsck --repair`, or F and R in the console"
                )
            case .sound, .empty, .short, .long:
                // The length of the first chunk is already known.
                let held = last == 0 ? head.length : nil
                let bytes = if let held { held } else { try await storage.heldBytes(of: blob, through: last) }
                return Weight(bytes: bytes, isYoung: try await isYoung(head.modified, paths.blob(digest)))
            }
        }
    }

    /// Reads a link to an unneeded blob that may have been written since the mark began. Returns
    /// whether the link is young, or the blob is a manifest that is linked among the layers, as by
    /// registry 2.1.0. `manifests` finds out whether a blob is one.
    func lateLink(
        in object: ObjectID, _ index: CollectionIndex, manifests: Memo<Digest, Among>
    ) async throws -> SecondLook.Finding? {
        guard let text = object.name.string, let directory = try? StoragePath(text) else { return nil }
        let path = paths.link(in: directory)
        let target: (digest: Digest, isManifest: Bool)
        switch paths.file(at: path) {
        case .layer(let digest), .signature(let digest, _): target = (digest, false)
        case .tagIndex(let digest): target = (digest, true)
        default: return nil
        }
        guard let ordinal = index.digests.ordinal(of: target.digest), !index.marks[ordinal].contains(.needed) else {
            return nil
        }
        if case .layer = paths.file(at: path) {
            switch try await manifests(target.digest) {
            case .manifest: return .manifest(target.digest)
            case .unreadable(let why): return .unreadable(path, why)
            case .somethingElse: break
            }
        }
        guard index.marks[ordinal].contains(.candidate), case .file(let blob)? = try await storage.entry(path)?.kind
        else {
            return nil
        }
        let head = try await storage.head(of: blob)
        guard try await isYoung(head.modified, path) else { return nil }
        return target.isManifest ? .manifest(target.digest) : .layer(target.digest)
    }
}
