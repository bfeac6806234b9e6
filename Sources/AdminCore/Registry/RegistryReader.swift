public import ObjectStore
public import StorageDriver
import Foundation

/// Reads the repositories and documents of a registry, on any store.
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError.notFound`
/// for missing things, `StoreError` for a store that does not answer. A listing never throws
/// because of damage: it is the state of a row.
public struct RegistryReader: Sendable {
    /// The tree that holds the registry.
    public let storage: StorageReader
    /// The paths of the registry.
    public let paths: RegistryPaths

    /// Creates a reader of the registry in `storage`.
    public init(storage: StorageReader, paths: RegistryPaths = RegistryPaths()) {
        self.storage = storage
        self.paths = paths
    }

    /// Returns the names of all repositories, sorted: of every directory, at any depth, that has
    /// one of `_manifests`, `_layers`, `_uploads`. Reads directories only. If there is none, checks
    /// that the pool exists, since a deleted pool answers every read with "no such object".
    public func repositoryNames() async throws -> [RepositoryName] {
        try await repositoryNames { _ in }
    }

    /// The same, but reports each name as soon as it is found. Listings are pipelined. A directory
    /// that is listed but has no object is empty (docs/layout.md#d9); an unlisted directory is not
    /// found. Names that break the path rule are never followed; paths only grow, so every walk
    /// ends.
    ///
    /// - Parameters:
    ///   - found: receives each name once, in no particular order. No further directory is begun
    ///     while it runs.
    public func repositoryNames(
        found: @escaping @Sendable ([RepositoryName]) async -> Void
    ) async throws -> [RepositoryName] {
        try await repositoryNames { name, _ in await found([name]) }
    }

    /// The same; also reports whether a repository lists a directory of uploads.
    func repositoryNames(
        found: @Sendable (_ name: RepositoryName, _ hasUploads: Bool) async -> Void
    ) async throws -> [RepositoryName] {
        try await withThrowingTaskGroup(of: Visit.self) { group in
            var pending: [[String]] = [[]]
            var underWay = 0
            var names: [RepositoryName] = []
            while true {
                while underWay < window, let next = pending.popLast() {
                    underWay += 1
                    group.addTask { try await visit(next) }
                }
                guard let visit = try await group.next() else { break }
                underWay -= 1
                pending += visit.below
                if let name = visit.repository {
                    names.append(name)
                    await found(name, visit.hasUploads)
                }
            }
            return names.sorted()
        }
    }

    /// Starts a pass over the registry, which reads each blob and manifest once, however many
    /// repositories share it. A new pass sees later changes.
    public func pass() -> RegistryPass {
        RegistryPass(reader: self)
    }

    /// True if the registry is a pull-through cache: it fetches missing blobs again from another
    /// registry. Such a registry keeps a schedule in the root of its storage.
    public func isPullThroughCache() async throws -> Bool {
        if case .file? = try await storage.entry(RegistryPaths.schedule)?.kind { true } else { false }
    }

    /// The result of reading one directory below `repositories`.
    private struct Visit: Sendable {
        let repository: RepositoryName?
        let hasUploads: Bool
        let below: [[String]]
    }

    private func visit(_ components: [String]) async throws -> Visit {
        let path = paths.repositories.appending(.literal(components))
        let entries = try await storage.entries(path)
        if entries == nil, components.isEmpty { _ = try await storage.objects.status() }
        let children = RegistryReader.directories(in: entries ?? [])
        let isRepository = children.contains(where: RegistryPaths.parts.contains)
        return Visit(
            repository: isRepository ? RepositoryName(components: components) : nil,
            hasUploads: children.contains(RegistryPaths.Part.uploads.rawValue),
            below: children.filter { $0.first != "_" }.map { components + [$0] })
    }

    /// Returns the unfinished uploads of some repositories, by repository and identifier.
    ///
    /// - Parameters:
    ///   - names: the repositories; nil for all, without those that are removed meanwhile.
    ///   - progress: receives the number of repositories that were read.
    public func uploads(
        of names: [RepositoryName]? = nil, progress: ProgressHandler? = nil
    ) async throws -> [UploadSummary] {
        let pass = pass()
        let all: [RepositoryName]
        if let names { all = names.sorted() } else { all = try await repositoryNames() }
        let counter = ProgressCounter(phase: "looking for uploads", total: UInt64(all.count), handler: progress)
        return try await concurrentMap(all, window: window) { name -> [UploadSummary] in
            defer { counter.advance() }
            do {
                return try await pass.uploads(of: name)
            } catch StorageError.notFound where names == nil {
                return []
            }
        }.flatMap(\.self)
    }

    // MARK: - Single things

    /// The number of things that are read at once: a thousand repositories need no more rounds than
    /// one.
    package var window: Int { max(1024, storage.objects.load.limit * 2) }

    /// Reads the first and the last chunk of a blob, and none between. Two dependent round trips,
    /// three for a blob of several chunks.
    ///
    /// - Parameter isWhole: false to read only the first chunk, which has the size.
    package func blob(_ digest: Digest, isWhole: Bool = true) async throws -> BlobFinding {
        let kind = try await storage.entry(paths.blob(digest))?.kind
        guard case .file(let file) = kind else { return BlobFinding(noFile: kind) }
        if isWhole { return try await blob(digest, in: file) }
        return BlobFinding(try await storage.head(of: file), of: digest, in: file)
    }

    private func blob(_ digest: Digest, in file: BlobIdentifier) async throws -> BlobFinding {
        let head = try await storage.head(of: file)
        return BlobFinding(head, last: try await storage.lastChunk(of: file, head), of: digest, in: file)
    }

    /// Reads a manifest, whatever repository it is in. Two dependent round trips.
    package func manifest(_ digest: Digest) async throws -> ManifestFinding {
        let path = paths.blob(digest)
        let kind = try await storage.entry(path)?.kind
        guard case .file(let file) = kind else {
            let blob = BlobFinding(noFile: kind)
            return ManifestFinding(blob: blob, manifest: nil, reason: blob.reason)
        }
        do {
            let (head, content) = try await manifest(in: file, at: path)
            let blob = BlobFinding(head, of: digest, in: file)
            switch content {
            case .success(let manifest): return ManifestFinding(blob: blob, manifest: manifest, reason: "")
            case .failure(let problem):
                return ManifestFinding(
                    blob: blob, manifest: nil,
                    reason: blob.state == .ok || blob.state == .suspect ? problem.text : blob.reason)
            }
        } catch is StorageError {
            let blob = try await BlobFinding(storage.head(of: file), of: digest, in: file)
            return ManifestFinding(
                blob: blob, manifest: nil,
                reason: blob.state == .ok || blob.state == .suspect ? "has lost a part of its content" : blob.reason)
        }
    }

    /// Reads a manifest with a known identifier. Large ones are read one at a time.
    ///
    /// - Throws: `StorageError.damaged` if a byte is missing.
    package func manifest(
        in file: BlobIdentifier, at path: StoragePath
    ) async throws -> (head: FileHead, content: Result<Manifest, ManifestProblem>) {
        @Sendable func understand(_ bytes: [UInt8]) throws -> Result<Manifest, ManifestProblem> {
            do {
                return .success(try Manifest(parsing: bytes))
            } catch let problem as ManifestProblem {
                return .failure(problem)
            }
        }
        do {
            let (head, bytes) = try await storage.file(file, at: path, limit: RegistryReader.usualManifest)
            return (head, try understand(bytes))
        } catch StorageError.tooLarge {
            return try await RegistryReader.largeManifests.pass {
                do {
                    let (head, bytes) = try await storage.file(file, at: path, limit: Manifest.sizeLimit)
                    return (head, try understand(bytes))
                } catch StorageError.tooLarge {
                    return (try await storage.head(of: file), .failure(ManifestProblem.tooLarge))
                }
            }
        }
    }

    /// Reads a blob that a repository links as a layer, if it is a manifest: registry 2.1.0 linked
    /// manifests there. For a blob that cannot be one, reads only the first bytes.
    ///
    /// - Throws: `StorageError.damaged` if a byte is missing, and the errors of the store.
    package func manifestAmongLayers(in file: BlobIdentifier, at path: StoragePath) async throws -> Manifest? {
        let blanks: Set<UInt8> = [0, 0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]
        let start = try await storage.objects.read(ReadOperation(xattrs: true, data: 0..<256), of: file.chunk(0))
        guard let start, let size = start.xattrs[TotalSize.xattr].flatMap(TotalSize.decode),
            size <= UInt64(Manifest.sizeLimit),
            start.data.first(where: { !blanks.contains($0) }) ?? UInt8(ascii: "{") == UInt8(ascii: "{")
        else { return nil }
        do {
            return try await manifest(in: file, at: path).content.get()
        } catch is ManifestProblem {
            return nil
        }
    }

    /// The size up to which manifests are read side by side, in bytes.
    private static let usualManifest = 4 << 20
    private static let largeManifests = Turnstile()

    /// Reads an image's configuration. Two dependent round trips.
    func configuration(_ digest: Digest) async throws -> ConfigurationFinding {
        let path = paths.blob(digest)
        let kind = try await storage.entry(path)?.kind
        guard case .file(let file) = kind else {
            return ConfigurationFinding(blob: BlobFinding(noFile: kind), configuration: nil)
        }
        do {
            let (head, bytes) = try await storage.file(file, at: path, limit: ImageConfiguration.sizeLimit)
            return ConfigurationFinding(
                blob: BlobFinding(head, last: try await storage.lastChunk(of: file, head), of: digest, in: file),
                configuration: try? ImageConfiguration(parsing: bytes))
        } catch is StorageError {
            return ConfigurationFinding(blob: try await blob(digest, in: file), configuration: nil)
        }
    }

    /// Reads a blob with `parse`; nil if the blob is missing, larger than the limit, damaged, or
    /// not what `parse` expects.
    func document<Document>(
        _ digest: Digest, limit: Int, _ parse: ([UInt8]) throws -> Document
    ) async throws -> Document? {
        let path = paths.blob(digest)
        guard case .file(let file)? = try await storage.entry(path)?.kind else { return nil }
        do {
            return try parse(try await storage.file(file, at: path, limit: limit).data)
        } catch is StorageError {
            return nil
        } catch is ManifestProblem {
            return nil
        }
    }

    /// Reads the directory of one manifest in a repository: its link and the links to its
    /// signatures.
    package func revision(_ digest: Digest, of name: RepositoryName) async throws -> RevisionFinding {
        let path = paths.revisionLink(name, digest)
        let below = paths.signatures(name, of: digest)
        let entries = try await storage.entries(path.parent) ?? []
        let entry = entries.first { $0.name == path.name }
        let isSigned = entries.contains { $0.name == below.name && $0.kind == .directory }
        async let link = links.read(entry, at: path)
        async let signatures = isSigned ? links.read(below: below) : [:]
        return try await RevisionFinding(link: link, signatures: signatures)
    }

    /// Lists the digests whose directories (`Digest.directories`) lie below a directory, sorted;
    /// nil if there is no such directory. Other names are left out. One round trip if sha256 is the
    /// only algorithm, as in nearly every pool.
    package func digests(below directory: StoragePath) async throws -> [Digest]? {
        try await digests(below: directory, knowing: nil)
    }

    /// The same, if the SHA-256 digests are already known.
    func digests(below directory: StoragePath, knowing known: [Digest]?) async throws -> [Digest]? {
        async let usual = known == nil ? digests(below: directory, of: ["sha256"]) : known
        guard let algorithms = try await storage.entries(directory) else {
            _ = try await usual
            return nil
        }
        let others = RegistryReader.directories(in: algorithms).filter { $0 != "sha256" }
        let further = others.isEmpty ? nil : try await digests(below: directory, of: others)
        return try await ((usual ?? []) + (further ?? [])).sorted()
    }

    /// Lists the digests of these algorithms' directories, sorted; nil if there is no such
    /// directory. One round trip for each algorithm.
    func digests(below directory: StoragePath, of algorithms: [String]) async throws -> [Digest]? {
        var found: [Digest]?
        for algorithm in algorithms {
            guard let top = try await storage.entries(directory.appending(.literal(algorithm))) else { continue }
            var names = RegistryReader.directories(in: top).map { [algorithm, $0] }
            for _ in 1..<Digest.depth(below: algorithm) {
                names = try await concurrentMap(names, window: window) { names in
                    let entries = try await storage.entries(directory.appending(.literal(names))) ?? []
                    return RegistryReader.directories(in: entries).map { names + [$0] }
                }.flatMap(\.self)
            }
            found = (found ?? []) + names.compactMap { Digest(directories: $0) }
        }
        return found?.sorted()
    }

    /// The algorithms of the digests in the registry: every blob lies below one of them.
    func algorithms(in blobs: StoragePath) async throws -> [String] {
        let listed = RegistryReader.directories(in: try await storage.entries(blobs) ?? [])
        return ["sha256"] + listed.filter { $0 != "sha256" }
    }

    /// The names of the subdirectories among the entries of a directory.
    package static func directories(in entries: [DirectoryEntry]) -> [String] {
        entries.compactMap { entry in entry.kind == .directory ? entry.name : nil }
    }

    /// Returns the digest in the path of a blob that a repository's manifest names. Registries
    /// store each blob below its SHA-256, and a layer link below another digest holds this SHA-256.
    /// Without such a link, returns the digest itself. One or two round trips for another digest
    /// than a SHA-256, none for a SHA-256.
    package func canonical(_ digest: Digest, in name: RepositoryName) async throws -> Digest {
        guard !digest.isCanonical else { return digest }
        return try await links.read(at: paths.layerLink(name, digest)).digest ?? digest
    }

}

/// The explanation of pull-through caches.
public enum PullThroughCache {
    /// The sign of such a cache in a pool, and the behaviour of its registry.
    public static let sentence =
        "a pull-through cache (\(RegistryPaths.schedule) exists): its registry fetches missing blobs again, and drops expired ones"
}
