extension FsckRun {
    /// What the documents of a repository make suspect; read once more before it is called a problem.
    enum Suspect: Sendable {
        case emptyRepository(RepositoryName)
        case badLink(StoragePath, Digest?)
        case lostTag(StoragePath)
        case missingRevision(Digest, String)
        case badManifest(Digest, String, tags: [String])
        case missingBlob(Digest, String, FsckOnce)
        case missingLayerLink(Digest, Digest)
        case unusedLayerLink(Digest, BlobIdentifier)
        case orphanCompanion(StoragePath, Companion)
        case staleUpload(StoragePath, UInt64)
        case strayUpload(StoragePath, BlobIdentifier)
    }
}

extension FsckRun.Suspect {
    /// The problem, if it is one still.
    func problem(
        in name: RepositoryName, _ storage: StorageReader, _ paths: RegistryPaths, _ registry: RegistryReader
    ) async throws -> Problem? {
        switch self {
        case .emptyRepository: try await emptyRepository(name, storage, paths)
        case .badLink(let path, let expected): try await badLink(path, expected, name, storage, registry)
        case .lostTag(let path): try await lostTag(path, storage, registry)
        case .missingRevision(let digest, let who): try await missingRevision(digest, who, name, storage, registry)
        case .badManifest(let digest, let why, let tags): try await badManifest(digest, why, tags, name, storage, paths)
        case .missingBlob(let digest, let who, let seen): try await missingBlob(digest, who, seen, storage, paths)
        case .missingLayerLink(let digest, let manifest):
            try await missingLayerLink(digest, manifest, name, storage, paths)
        case .unusedLayerLink(let digest, let blob): try await unusedLayerLink(digest, blob, name, storage, paths)
        case .strayUpload(let path, let blob): try await strayUpload(path, blob, name, storage)
        case .orphanCompanion(let path, let companion):
            try await orphanCompanion(path, companion, name, storage, registry)
        case .staleUpload(let path, let bytes): try await staleUpload(path, bytes, name, storage)
        }
    }

    private func badLink(
        _ path: StoragePath, _ expected: Digest?, _ name: RepositoryName, _ storage: StorageReader,
        _ registry: RegistryReader
    ) async throws -> Problem? {
        guard case .file(let blob)? = try await storage.entry(path)?.kind else { return nil }
        let link = try await registry.links.read(at: path)
        guard let fault = link.fault(expecting: expected) else { return nil }
        let file = Repair.TrashedFile(path: path, blob: blob)
        if case .inexact(let digest) = link.state, expected == nil || digest == expected {
            return Problem(
                kind: .badLink, severity: .error, path: path, blob: blob, object: blob.chunk(0),
                detail: "The link \(fault). It can mean \(digest) only.", repair: .rewriteLink(file, digest))
        }
        guard let expected else {
            let former = try await formerManifest(of: path.parent.parent, storage, registry)
            return Problem(
                kind: .badLink, severity: .error, path: path, blob: blob, object: blob.chunk(0),
                detail: "The link of the tag \(fault): the tag cannot be pulled. "
                    + (former.map { "The only manifest that it has named is \($0)." } ?? "Push it again."),
                repair: former.map { .replaceLink(file, $0, blob: registry.paths.blob($0)) }
                    ?? .trashDirectories([path.parent.parent]))
        }
        var repair = Repair.trash([file])
        if case .file? = try await storage.entry(registry.paths.blob(expected))?.kind {
            repair = .replaceLink(file, expected, blob: registry.paths.blob(expected))
        }
        return Problem(
            kind: .badLink, severity: .error, path: path, blob: blob, object: blob.chunk(0),
            detail: "The link \(fault): \(name) cannot serve what it is for.", repair: repair)
    }

    /// The manifest that a tag's index names, if it is one and no more, and there.
    private func formerManifest(
        of tag: StoragePath, _ storage: StorageReader, _ registry: RegistryReader
    ) async throws -> Digest? {
        let named = try await registry.digests(below: tag.appending(.literal("index"))) ?? []
        guard let digest = named.first, named.count == 1,
            case .file? = try await storage.entry(registry.paths.blob(digest))?.kind
        else { return nil }
        return digest
    }

    private func lostTag(
        _ path: StoragePath, _ storage: StorageReader, _ registry: RegistryReader
    ) async throws -> Problem? {
        let tag = path.parent.parent
        guard case .directory? = try await storage.entry(tag)?.kind else { return nil }
        var former: Digest?
        var detail =
            "The tag is listed and has no link that says which manifest it names: it cannot be pulled. Push it again."
        switch try await storage.entry(path)?.kind {
        case .file: return nil
        case .directory:
            detail =
                "The link of the tag has become a directory, since something was written below it: the tag cannot be pulled. "
                + "Push it again under another name."
        case .invalid: break
        case nil:
            former = try await formerManifest(of: tag, storage, registry)
            if let former { detail += " The only manifest that it has named is \(former)." }
        }
        return Problem(
            kind: .badLink, severity: .error, path: path, object: StorageReader.directory(path.parent), detail: detail,
            repair: former.map { .restoreTag(path, $0, blob: registry.paths.blob($0)) } ?? .trashDirectories([tag]))
    }

    private func missingRevision(
        _ digest: Digest, _ who: String, _ name: RepositoryName, _ storage: StorageReader, _ registry: RegistryReader
    ) async throws -> Problem? {
        let path = registry.paths.revision(name, digest).appending(.literal("link"))
        guard try await storage.entry(path) == nil else { return nil }
        let finding = try await registry.manifest(digest)
        let isWhole = finding.blob.state == .ok && finding.manifest != nil
        return Problem(
            kind: .missingRevision, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail:
                "In \(name), \(who) names the manifest \(digest), to which the repository has no link: it cannot be pulled. "
                + (isWhole
                    ? "The manifest is there: the link can be written." : "Push it again, or delete what names it."),
            repair: isWhole ? .writeLink(path, digest, blob: registry.paths.blob(digest)) : nil)
    }

    private func badManifest(
        _ digest: Digest, _ why: String, _ tags: [String], _ name: RepositoryName, _ storage: StorageReader,
        _ paths: RegistryPaths
    ) async throws -> Problem? {
        let path = paths.blob(digest)
        let shown = tags.isEmpty ? "" : " (\(tags.prefix(5).joined(separator: ", ")))"
        guard case .file(let blob)? = try await storage.entry(path)?.kind else { return nil }
        return Problem(
            kind: .badManifest, severity: .error, path: path, blob: blob, object: blob.chunk(0),
            detail:
                "The manifest \(why). \(name)\(shown) cannot be pulled by it, and collections keep all that \(name) links to. "
                + "`regtop rm \(name)@\(digest)` removes what names it.")
    }

    private func missingBlob(
        _ digest: Digest, _ who: String, _ seen: FsckOnce, _ storage: StorageReader, _ paths: RegistryPaths
    ) async throws -> Problem? {
        let path = paths.blob(digest)
        guard try await storage.entry(path) == nil, await seen.isFirst(digest) else { return nil }
        return Problem(
            kind: .missingBlob, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail: "The blob is gone, and \(who) needs it: no image with it can be pulled. Push it again.")
    }

    private func missingLayerLink(
        _ digest: Digest, _ manifest: Digest, _ name: RepositoryName, _ storage: StorageReader, _ paths: RegistryPaths
    ) async throws -> Problem? {
        let path = paths.layerLink(name, digest)
        guard try await storage.entry(path) == nil, case .file? = try await storage.entry(paths.blob(digest))?.kind
        else { return nil }
        return Problem(
            kind: .missingLayerLink, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail:
                "The blob \(digest) is there, but \(name) has no link to it, so it is not served: the manifest \(manifest) cannot be "
                + "pulled.",
            repair: .writeLink(path, digest, blob: paths.blob(digest)))
    }

    private func unusedLayerLink(
        _ digest: Digest, _ blob: BlobIdentifier, _ name: RepositoryName, _ storage: StorageReader,
        _ paths: RegistryPaths
    ) async throws -> Problem? {
        let path = paths.layerLink(name, digest)
        guard try await storage.value(at: path) == blob.value else { return nil }
        return Problem(
            kind: .unusedLayerLink, severity: .waste, path: path, blob: blob, object: blob.chunk(0),
            detail: "No manifest of \(name) needs this blob: nobody misses it here. Its link keeps nothing but itself.",
            repair: .trash([Repair.TrashedFile(path: path, blob: blob)]))
    }

    private func orphanCompanion(
        _ path: StoragePath, _ companion: Companion, _ name: RepositoryName, _ storage: StorageReader,
        _ registry: RegistryReader
    ) async throws -> Problem? {
        guard try await storage.entries(path) != nil, try await !registry.holds(companion.subject, in: name) else {
            return nil
        }
        return Problem(
            kind: .orphanCompanion, severity: .waste, path: path, object: StorageReader.directory(path),
            detail:
                "It is the \(companion.kind.noun) of \(companion.subject), which \(name) does not hold any more: nobody asks for it.",
            repair: .trashDirectories([path]))
    }

    private func staleUpload(
        _ path: StoragePath, _ bytes: UInt64, _ name: RepositoryName, _ storage: StorageReader
    ) async throws -> Problem? {
        guard try await storage.entries(path) != nil else { return nil }
        return Problem(
            kind: .staleUpload, severity: .waste, path: path, object: StorageReader.directory(path),
            detail:
                "An upload to \(name) was begun and never ended; \(bytes) bytes lie there. Nobody can pull them, and its client has "
                + "long given up.",
            repair: .trashDirectories([path]))
    }

    private func strayUpload(
        _ path: StoragePath, _ blob: BlobIdentifier, _ name: RepositoryName, _ storage: StorageReader
    ) async throws -> Problem? {
        guard try await storage.value(at: path) == blob.value else { return nil }
        return Problem(
            kind: .staleUpload, severity: .waste, path: path, blob: blob, object: blob.chunk(0),
            detail:
                "This file lies among the uploads of \(name) and belongs to none: no registry looks at it, and none ever removes it.",
            repair: .trash([Repair.TrashedFile(path: path, blob: blob)]))
    }

    private func emptyRepository(
        _ name: RepositoryName, _ storage: StorageReader, _ paths: RegistryPaths
    ) async throws -> Problem? {
        let path = paths.repository(name)
        guard try await storage.entries(path) != nil else { return nil }
        return Problem(
            kind: .emptyRepository, severity: .waste, path: path, object: StorageReader.directory(path),
            detail:
                "No tag, no manifest and no upload is left of \(name): nothing of it can be pulled, and catalogues still show it.",
            repair: .trashDirectories(RegistryPaths.parts.sorted().map { path.appending(.literal($0)) }))
    }
}

extension RegistryReader {
    /// Whether a repository holds a manifest: by a link to it, or because a tag names it.
    func holds(_ digest: Digest, in name: RepositoryName) async throws -> Bool {
        if try await storage.entry(paths.revision(name, digest).appending(.literal("link"))) != nil { return true }
        let tags = try await RepositoryInquiry(name: name, pass: pass(), scope: .tagLinks).facts([.tagNames]).tags
        return tags.values.contains { $0.digest == digest }
    }
}
