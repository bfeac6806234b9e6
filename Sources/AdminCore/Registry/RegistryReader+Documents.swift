import Foundation

/// How single things are read. Damage is part of every answer; what is thrown is the store's (`LAYOUT` D12).
extension RegistryReader {
    /// How many things are asked for at once: enough that a thousand repositories need no more rounds than one.
    var window: Int { max(1024, storage.objects.load.limit * 2) }

    /// No link file is longer. In bytes.
    static let linkLimit = 1024

    /// What chunk 0 of a blob says. Two dependent round trips.
    func blob(_ digest: Digest) async throws -> BlobFinding {
        switch try await storage.entry(paths.blob(digest))?.kind {
        case nil: return .missing
        case .file(let file): return try await BlobFinding(storage.head(of: file), of: digest)
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
            let (head, bytes) = try await storage.file(file, at: path, limit: Manifest.sizeLimit)
            let blob = BlobFinding(head, of: digest)
            do {
                return try ManifestFinding(blob: blob, manifest: Manifest(parsing: bytes), reason: "")
            } catch let problem as ManifestProblem {
                return ManifestFinding(
                    blob: blob, manifest: nil, reason: blob.state == .ok ? problem.text : blob.reason)
            }
        } catch let error as StorageError {
            let blob = try await BlobFinding(storage.head(of: file), of: digest)
            if case .tooLarge = error {
                return ManifestFinding(blob: blob, manifest: nil, reason: "is larger than a manifest may be")
            }
            return ManifestFinding(
                blob: blob, manifest: nil, reason: blob.state == .ok ? "has lost a part of its content" : blob.reason)
        }
    }

    /// An image's configuration; nil if it cannot be read.
    func configuration(_ digest: Digest) async throws -> ImageConfiguration? {
        try await document(digest, limit: ImageConfiguration.sizeLimit, ImageConfiguration.init(parsing:))
    }

    /// What `parse` makes of a blob; nil if that is not there, has more bytes than the limit, is damaged, or is nothing that it knows.
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

    /// A link. Two dependent round trips.
    func link(at path: StoragePath) async throws -> LinkFinding {
        try await link(storage.entry(path), at: path)
    }

    /// A link whose directory entry is known, nil if there is none.
    func link(_ entry: DirectoryEntry?, at path: StoragePath) async throws -> LinkFinding {
        switch entry?.kind {
        case nil: return .missing
        case .directory: return LinkFinding(state: .bad("is a directory"), modified: nil)
        case .invalid: return LinkFinding(state: .bad("has no valid identifier"), modified: nil)
        case .file(let file):
            do {
                let (head, bytes) = try await storage.file(file, at: path, limit: RegistryReader.linkLimit)
                if let digest = Digest(String(decoding: bytes, as: UTF8.self)) {
                    return LinkFinding(state: .good(digest), modified: head.modified)
                }
                return LinkFinding(state: .bad(bytes.isEmpty ? "is empty" : "holds no digest"), modified: head.modified)
            } catch is StorageError {
                return LinkFinding(state: .bad("cannot be read"), modified: nil)
            }
        }
    }

    /// The directory of one manifest in a repository: its link and its signatures' links.
    func revision(_ digest: Digest, of name: RepositoryName) async throws -> RevisionFinding {
        let path = paths.revision(name, digest)
        let entries = try await storage.entries(path) ?? []
        let linkEntry = entries.first { $0.name == "link" }
        let isSigned = entries.contains { $0.name == "signatures" && $0.kind == .directory }
        async let link = link(linkEntry, at: path.appending(.literal("link")))
        async let signatures = isSigned ? links(below: path.appending(.literal("signatures"))) : [:]
        return try await RevisionFinding(link: link, signatures: signatures)
    }

    /// The links `<algorithm>/<hex>/link` below a directory, by the digest that their path says.
    func links(below directory: StoragePath) async throws -> [Digest: LinkFinding] {
        let digests = try await digests(below: directory) ?? []
        let links = try await concurrentMap(digests, window: window) { digest in
            try await link(at: directory.appending(.literal(digest.algorithm, digest.hex, "link")))
        }
        return Dictionary(uniqueKeysWithValues: zip(digests, links))
    }

    /// The directories `<algorithm>/<hex>` below a directory, sorted; nil if there is no such directory. What is no digest is
    /// left out. One round trip where sha256 is the only algorithm, as it is.
    func digests(below directory: StoragePath) async throws -> [Digest]? {
        async let usual = storage.entries(directory.appending(.literal("sha256")))
        guard let algorithms = try await storage.entries(directory) else {
            _ = try await usual
            return nil
        }
        var found = RegistryReader.digests(in: try await usual ?? [], algorithm: "sha256")
        let others = RegistryReader.directories(in: algorithms).filter { $0 != "sha256" }
        if !others.isEmpty {
            found += try await concurrentMap(others, window: window) { algorithm in
                let entries = try await storage.entries(directory.appending(.literal(algorithm))) ?? []
                return RegistryReader.digests(in: entries, algorithm: algorithm)
            }.flatMap(\.self)
        }
        return found.sorted()
    }

    /// The names of the subdirectories among the entries of a directory.
    static func directories(in entries: [DirectoryEntry]) -> [String] {
        entries.compactMap { entry in entry.kind == .directory ? entry.name : nil }
    }

    private static func digests(in entries: [DirectoryEntry], algorithm: String) -> [Digest] {
        directories(in: entries).compactMap { Digest(algorithm: algorithm, hex: $0) }
    }
}
