import Amounts
import Registry
import StorageDriver
import Synchronization

/// Reads the suspects of one repository again, and returns the problems that are still there.
struct SuspectCheck: Sendable {
    let registry: RegistryReader
    let name: RepositoryName
    /// The missing blobs that were reported, of any repository.
    let seen: FsckOnce

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    func problem(of suspect: RepositorySuspect) async throws -> Problem? {
        switch suspect {
        case .emptyRepository: try await emptyRepository()
        case .badLink(let path, let expected): try await badLink(path, expected)
        case .lostTag(let tag): try await lostTag(tag)
        case .missingRevision(let digest, let who): try await missingRevision(digest, who)
        case .badManifest(let digest, let why, let tags): try await badManifest(digest, why, tags)
        case .missingBlob(let digest, let who): try await missingBlob(digest, who)
        case .missingLayerLink(let digest, let manifest): try await missingLayerLink(digest, manifest)
        case .unusedLayerLink(let digest, let blob): try await unusedLayerLink(digest, blob)
        case .orphanCompanion(let path, let companion): try await orphanCompanion(path, companion)
        case .staleUpload(let path, let bytes): try await staleUpload(path, bytes)
        case .strayUpload(let path, let blob): try await strayUpload(path, blob)
        }
    }

    /// A problem of an existing file.
    private func problem(
        _ kind: ProblemKind, _ severity: ProblemSeverity, at path: StoragePath, in blob: BlobIdentifier,
        _ detail: String, repair: Repair? = nil
    ) -> Problem {
        Problem(
            kind: kind, severity: severity, path: path, blob: blob, object: blob.chunk(0), detail: detail,
            repair: repair)
    }

    // MARK: - Links

    private func badLink(_ path: StoragePath, _ expected: Digest?) async throws -> Problem? {
        guard case .file(let blob)? = try await storage.entry(path)?.kind else { return nil }
        let link = try await registry.links.read(at: path)
        guard let fault = link.fault(expecting: expected) else { return nil }
        let file = Repair.TrashedFile(path: path, blob: blob)
        if case .inexact(let digest) = link.state, expected == nil || digest == expected {
            return problem(
                .badLink, .error, at: path, in: blob, "The link \(fault). It can only mean \(digest).",
                repair: .rewriteLink(file, digest))
        }
        guard let expected else { return try await badTag(file, fault) }
        var repair = Repair.trash([file])
        if case .file? = try await storage.entry(paths.blob(expected))?.kind {
            repair = .replaceLink(file, expected, blob: paths.blob(expected))
        }
        return problem(
            .badLink, .error, at: path, in: blob, "The link \(fault): \(name) cannot serve the linked content.",
            repair: repair)
    }

    private func badTag(_ link: Repair.TrashedFile, _ fault: String) async throws -> Problem? {
        guard let tag = paths.currentTag(of: link.path), let directory = paths.tag(name, tag) else { return nil }
        let former = try await formerManifest(of: tag)
        return problem(
            .badLink, .error, at: link.path, in: link.blob,
            "The link of the tag \(fault): pulls of the tag fail. "
                + (former.map { "The only manifest that it ever named is \($0)." } ?? "Push the tag again."),
            repair: former.map { .replaceLink(link, $0, blob: paths.blob($0)) } ?? .trashDirectories([directory]))
    }

    /// Returns the manifest in a tag's index, if it is the only one and its blob exists.
    private func formerManifest(of tag: String) async throws -> Digest? {
        guard let index = paths.index(name, tag: tag) else { return nil }
        let named = try await registry.digests(below: index) ?? []
        guard let digest = named.first, named.count == 1,
            case .file? = try await storage.entry(paths.blob(digest))?.kind
        else { return nil }
        return digest
    }

    private func lostTag(_ tag: String) async throws -> Problem? {
        guard let directory = paths.tag(name, tag), let path = paths.currentLink(name, tag: tag),
            case .directory? = try await storage.entry(directory)?.kind
        else { return nil }
        var former: Digest?
        var detail = "The tag is listed, but has no link to a manifest: pulls of the tag fail. Push it again."
        switch try await storage.entry(path)?.kind {
        case .file: return nil
        case .directory:
            detail =
                "The link of the tag has become a directory, because a file was written below it: pulls of the tag fail. Push it again "
                + "under another name."
        case .invalid: break
        case nil:
            former = try await formerManifest(of: tag)
            if let former { detail += " The only manifest that it ever named is \(former)." }
        }
        return Problem(
            kind: .badLink, severity: .error, path: path, object: StorageReader.directory(path.parent), detail: detail,
            repair: former.map { .restoreTag(path, $0, blob: paths.blob($0)) } ?? .trashDirectories([directory]))
    }

    private func missingLayerLink(_ digest: Digest, _ manifest: Digest) async throws -> Problem? {
        let path = paths.layerLink(name, digest)
        guard try await storage.entry(path) == nil, case .file? = try await storage.entry(paths.blob(digest))?.kind
        else { return nil }
        return Problem(
            kind: .missingLayerLink, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail:
                "The blob \(digest) exists, but \(name) has no link to it and does not serve it: pulls of the manifest \(manifest) fail.",
            repair: .writeLink(path, digest, blob: paths.blob(digest)))
    }

    private func unusedLayerLink(_ digest: Digest, _ blob: BlobIdentifier) async throws -> Problem? {
        let path = paths.layerLink(name, digest)
        guard try await storage.value(at: path) == blob.value else { return nil }
        return problem(
            .unusedLayerLink, .waste, at: path, in: blob,
            "No manifest of \(name) needs the linked blob: the link is of no use.",
            repair: .trash([Repair.TrashedFile(path: path, blob: blob)]))
    }

    // MARK: - Manifests and blobs

    private func missingRevision(_ digest: Digest, _ who: String) async throws -> Problem? {
        let path = paths.revisionLink(name, digest)
        guard try await storage.entry(path) == nil else { return nil }
        let finding = try await registry.manifest(digest)
        let isWhole = finding.blob.state == .ok && finding.manifest != nil
        return Problem(
            kind: .missingRevision, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail:
                "In \(name), \(who) names the manifest \(digest), but the repository has no link to the manifest: pulls of it fail. "
                + (isWhole
                    ? "The manifest exists: the link can be written."
                    : "Push the manifest again, or delete the reference."),
            repair: isWhole ? .writeLink(path, digest, blob: paths.blob(digest)) : nil)
    }

    private func badManifest(_ digest: Digest, _ why: String, _ tags: [String]) async throws -> Problem? {
        let path = paths.blob(digest)
        guard case .file(let blob)? = try await storage.entry(path)?.kind else { return nil }
        let shown = tags.isEmpty ? "" : " (\(tags.prefix(5).joined(separator: ", ")))"
        return problem(
            .badManifest, .error, at: path, in: blob,
            "The manifest \(why): pulls of it from \(name)\(shown) fail, and collections keep all that \(name) links to. "
                + "`regtop rm \(name)@\(digest)` removes the references to it.")
    }

    private func missingBlob(_ digest: Digest, _ who: String) async throws -> Problem? {
        let path = paths.blob(digest)
        guard try await storage.entry(path) == nil, seen.isFirst(digest) else { return nil }
        return Problem(
            kind: .missingBlob, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail: "The blob is missing, and \(who) needs it: pulls of images that use it fail. Push the image again.")
    }

    private func orphanCompanion(_ path: StoragePath, _ companion: Companion) async throws -> Problem? {
        guard try await storage.entries(path) != nil, try await !registry.holds(companion.subject, in: name) else {
            return nil
        }
        return Problem(
            kind: .orphanCompanion, severity: .waste, path: path, object: StorageReader.directory(path),
            detail: "The \(companion.kind.noun) belongs to \(companion.subject), which \(name) no longer has.",
            repair: .trashDirectories([path]))
    }

    // MARK: - Uploads and repositories

    private func staleUpload(_ path: StoragePath, _ bytes: UInt64) async throws -> Problem? {
        guard try await storage.entries(path) != nil else { return nil }
        return Problem(
            kind: .staleUpload, severity: .waste, path: path, object: StorageReader.directory(path),
            detail:
                "An upload to \(name) is unfinished and has \(AmountText.bytes(bytes)). Its client has given up, and nobody can pull these bytes.",
            repair: .trashDirectories([path]))
    }

    private func strayUpload(_ path: StoragePath, _ blob: BlobIdentifier) async throws -> Problem? {
        guard try await storage.value(at: path) == blob.value else { return nil }
        return problem(
            .staleUpload, .waste, at: path, in: blob,
            "The file lies among the uploads of \(name) and belongs to none: no registry reads or removes it.",
            repair: .trash([Repair.TrashedFile(path: path, blob: blob)]))
    }

    private func emptyRepository() async throws -> Problem? {
        let path = paths.repository(name)
        guard try await storage.entries(path) != nil else { return nil }
        return Problem(
            kind: .emptyRepository, severity: .waste, path: path, object: StorageReader.directory(path),
            detail:
                "The repository \(name) has no tag, no manifest and no upload: nothing can be pulled from it, but catalogues still show "
                + "it.",
            repair: .trashDirectories(paths.ownDirectories(name)))
    }
}
