import Foundation

/// How single things are read. Damage is part of every answer; what is thrown is the store's (docs/layout.md#d12).
extension RegistryReader {
    /// How many things are asked for at once: enough that a thousand repositories need no more rounds than one.
    var window: Int { max(1024, storage.objects.load.limit * 2) }

    /// No link file is longer. In bytes.
    static let linkLimit = LinkReader.limit

    /// What the first and the last chunk of a blob say; those between are not asked. Two dependent round trips, three
    /// for a blob of several chunks.
    func blob(_ digest: Digest) async throws -> BlobFinding {
        switch try await storage.entry(paths.blob(digest))?.kind {
        case nil: return .missing
        case .file(let file):
            let head = try await storage.head(of: file)
            return BlobFinding(head, last: try await storage.lastChunk(of: file, head), of: digest)
        case .directory: return BlobFinding(size: nil, state: .damaged, reason: "is a directory")
        case .invalid: return BlobFinding(size: nil, state: .damaged, reason: "has no valid identifier")
        }
    }

    /// A manifest, whatever repository it is in. Two dependent round trips.
    func manifest(_ digest: Digest) async throws -> ManifestFinding {
        let path = paths.blob(digest)
        guard case .file(let file)? = try await storage.entry(path)?.kind else {
            let blob = try await blob(digest)
            return ManifestFinding(blob: blob, manifest: nil, reason: blob.reason)
        }
        do {
            let (head, content) = try await manifest(in: file, at: path)
            let blob = BlobFinding(head, of: digest)
            switch content {
            case .success(let manifest): return ManifestFinding(blob: blob, manifest: manifest, reason: "")
            case .failure(let problem):
                return ManifestFinding(
                    blob: blob, manifest: nil, reason: blob.state == .ok ? problem.text : blob.reason)
            }
        } catch is StorageError {
            let blob = try await BlobFinding(storage.head(of: file), of: digest)
            return ManifestFinding(
                blob: blob, manifest: nil, reason: blob.state == .ok ? "has lost a part of its content" : blob.reason)
        }
    }

    /// Reads a manifest, wherever it lies; of large ones, one at a time. Throws `StorageError.damaged` where not
    /// every byte is there.
    func manifest(
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

    /// The manifest that a blob among the layers of a repository is, if it is one: registry 2.1.0 linked them there.
    /// Of what cannot be one, only the first bytes are read. Throws `StorageError.damaged` where not every byte is
    /// there, and errors of the store.
    func manifestAmongLayers(in file: BlobIdentifier, at path: StoragePath) async throws -> Manifest? {
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

    /// Larger manifests are rare. In bytes.
    private static let usualManifest = 4 << 20
    private static let largeManifests = Turnstile()

    /// An image's configuration; nil if it cannot be read.
    func configuration(_ digest: Digest) async throws -> ImageConfiguration? {
        try await document(digest, limit: ImageConfiguration.sizeLimit, ImageConfiguration.init(parsing:))
    }

    /// What `parse` makes of a blob; nil if that is not there, has more bytes than the limit, is damaged, or is
    /// nothing that it knows.
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

    /// The directory of one manifest in a repository: its link and its signatures' links.
    func revision(_ digest: Digest, of name: RepositoryName) async throws -> RevisionFinding {
        let path = paths.revisionLink(name, digest)
        let below = paths.signatures(name, of: digest)
        let entries = try await storage.entries(path.parent) ?? []
        let entry = entries.first { $0.name == path.name }
        let isSigned = entries.contains { $0.name == below.name && $0.kind == .directory }
        async let link = links.read(entry, at: path)
        async let signatures = isSigned ? links.read(below: below) : [:]
        return try await RevisionFinding(link: link, signatures: signatures)
    }

    /// The digests whose directories (`Digest.directories`) lie below a directory, sorted; nil if there is no such
    /// directory. What is no digest is left out. One round trip where sha256 is the only algorithm, as it nearly
    /// always is.
    func digests(below directory: StoragePath) async throws -> [Digest]? {
        async let usual = storage.entries(directory.appending(.literal("sha256")))
        guard let algorithms = try await storage.entries(directory) else {
            _ = try await usual
            return nil
        }
        var found = RegistryReader.directories(in: try await usual ?? []).compactMap {
            Digest(algorithm: "sha256", hex: $0)
        }
        for algorithm in RegistryReader.directories(in: algorithms) where algorithm != "sha256" {
            var names = [[algorithm]]
            for _ in 0..<Digest.depth(below: algorithm) {
                names = try await concurrentMap(names, window: window) { names in
                    let entries = try await storage.entries(directory.appending(.literal(names))) ?? []
                    return RegistryReader.directories(in: entries).map { names + [$0] }
                }.flatMap(\.self)
            }
            found += names.compactMap { Digest(directories: $0) }
        }
        return found.sorted()
    }

    /// The names of the subdirectories among the entries of a directory.
    static func directories(in entries: [DirectoryEntry]) -> [String] {
        entries.compactMap { entry in entry.kind == .directory ? entry.name : nil }
    }

    /// The digest below which a blob lies that a repository's manifest names: registries store each once, below its
    /// SHA-256, and a layer link below another digest says which that is. The digest itself where no link says
    /// another one. One or two round trips for what is no SHA-256, none for what is.
    func canonical(_ digest: Digest, in name: RepositoryName) async throws -> Digest {
        guard !digest.isCanonical else { return digest }
        return try await links.read(at: paths.layerLink(name, digest)).digest ?? digest
    }
}
