public import ObjectStore
public import Registry
public import StorageDriver
import Synchronization

/// Finds the place of a file, and the tags and manifests that need it. Only reads.
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError`, and
/// `StoreError` of the store.
public struct BlobInspector: Sendable {
    /// The registry of the files.
    public let registry: RegistryReader

    /// Creates an inspector of the files of a registry.
    public init(registry: RegistryReader) {
        self.registry = registry
    }

    // MARK: - Chunks

    /// Returns the chunks of a file and their places. Reads sizes, no data.
    ///
    /// - Throws: as `path(of:)`, and `StorageError.notFound` if the file does not exist.
    public func report(on subject: BlobSubject) async throws -> BlobReport {
        let path = try await path(of: subject)
        let blob = try await registry.storage.blob(path)
        let layout = try await registry.storage.layout(of: blob)
        let placements = try await concurrentMap(layout.chunks, window: registry.window) { chunk in
            try await registry.storage.objects.placement(of: chunk.object)
        }
        return BlobReport(
            path: path, digest: registry.paths.digest(ofBlob: path), layout: layout, placements: placements)
    }

    /// Returns the problem of a file with its repair, as `fsck` finds it; nil if the file has none.
    /// Reads the content where only its digest tells the kind of damage. A file of an unfinished
    /// upload has no problem: it is incomplete by nature.
    public func problem(of report: BlobReport) async throws -> Problem? {
        let file = registry.paths.file(at: report.path)
        let layout = report.layout
        if file?.isUpload == true || file?.isBlob != true && layout.head.state == .empty { return nil }
        var isEmptyBlob = false
        if case .blob(let digest) = file {
            isEmptyBlob = layout.size == 0 && !BlobFinding.emptyDigests.contains(digest.string)
        }
        guard !layout.isSound || isEmptyBlob || report.state != .ok else { return nil }
        let fault = FsckFacts.Fault(
            path: report.path, blob: layout.blob, chunks: layout.chunks.filter { $0.length != nil }.map(\.index),
            file: file, isEmptyBlob: isEmptyBlob)
        return try await FaultCheck(registry: registry).problem(of: fault)
    }

    /// Returns an image as `RegistryPass.image` does, but with the judgement of `fsck` on each blob
    /// that is damaged, or may be: reads the content of these blobs. Also returns the problems for
    /// which `fsck` has a repair: of blobs, and of missing links to them.
    public func judged(
        _ reference: ImageReference, in pass: RegistryPass, expanding: Bool = false
    ) async throws -> (image: ImageDetail, repairable: [Problem]) {
        let problems = Mutex<[Problem]>([])
        let image = try await pass.image(reference, expanding: expanding) { digest, blob in
            guard let verdict = try await judge(digest) else { return blob }
            guard let problem = verdict else { return BlobFinding(judged: blob, .ok, "") }
            problems.withLock { $0.append(problem) }
            let state = BlobReport.State(judged: problem)
            let name = state == .damaged ? "is damaged" : "has bytes of no use"
            let detail = problem.detail.hasSuffix(".") ? String(problem.detail.dropLast()) : problem.detail
            return BlobFinding(judged: blob, state == .damaged ? .damaged : .waste, "\(name). \(detail)")
        }
        let found = problems.withLock(\.self) + (try await missingLinks(of: image))
        return (image, found.filter { $0.repair != nil }.sorted())
    }

    /// Returns the problem of a blob; nil in place of it if the blob is no file.
    private func judge(_ digest: Digest) async throws -> Problem?? {
        do {
            return .some(try await problem(of: try await report(on: .digest(digest))))
        } catch is StorageError {
            return nil
        }
    }

    /// Returns the problems of the blobs that the repository of an image may not serve.
    private func missingLinks(of image: ImageDetail) async throws -> [Problem] {
        let parts = image.withChildren.flatMap { part in
            (part.layers + [part.config].compactMap(\.self)).map { (blob: $0, manifest: part.digest) }
        }
        var seen: Set<Digest> = []
        let unlinked = parts.filter { $0.blob.state == .unlinked && seen.insert($0.blob.digest).inserted }
        return try await concurrentMap(unlinked, window: registry.window) { blob, manifest in
            guard let manifest else { return nil }
            return try await SuspectCheck(registry: registry, name: image.name, seen: FsckOnce()).problem(
                of: .missingLayerLink(blob.digest, manifest: manifest))
        }.compactMap(\.self)
    }

    /// Returns the path of a file.
    ///
    /// - Throws: `StorageError.notFound` if the tag or the manifest does not exist, `.damaged` for
    ///   a tag with an unreadable link, `.unsupported` for a whole repository.
    public func path(of subject: BlobSubject) async throws -> StoragePath {
        switch subject {
        case .path(let path): return path
        case .digest(let digest): return registry.paths.blob(digest)
        case .reference(let reference): return registry.paths.blob(try await manifest(of: reference))
        }
    }

    private func manifest(of reference: ImageReference) async throws -> Digest {
        let name = reference.repository
        switch reference.selector {
        case .repository:
            throw StorageError.unsupported("the chunks of a whole repository; name a tag or a digest of it")
        case .digest(let digest):
            guard try await registry.revision(digest, of: name).isThere else {
                throw StorageError.notFound(registry.paths.revision(name, digest))
            }
            return digest
        case .tag(let tag):
            let pass = registry.pass()
            let facts = try await RepositoryInquiry(name: name, pass: pass, scope: []).facts([.tag(tag)])
            try await pass.requireTag(tag, of: name, in: facts)
            let link = facts.tags[tag] ?? .missing
            guard let digest = link.digest else {
                let path = registry.paths.currentLink(name, tag: tag) ?? registry.paths.tags(name)
                throw StorageError.damaged(path, "the link \(link.fault() ?? "cannot be read")")
            }
            return digest
        }
    }

    // MARK: - Needs

    /// Returns the tags and the manifests that need a blob, each with its shortest path to it,
    /// sorted by repository and tag. Sweeps all repositories: expensive.
    public func uses(of digest: Digest, progress: ProgressHandler? = nil) async throws -> [BlobUse] {
        let names = try await registry.repositoryNames()
        let visitor = UseVisitor(digest, in: names)
        try await RegistrySweep(registry: registry, visitor: visitor).run(names, progress: progress)
        return visitor.uses
    }

    /// Returns the reasons why a blob is in the pool. Sweeps all repositories: expensive.
    public func explain(_ digest: Digest, progress: ProgressHandler? = nil) async throws -> BlobExplanation {
        let blob = try await registry.blob(digest)
        let uses = try await uses(of: digest, progress: progress)
        let reach = ReachVisitor(digest)
        let deletions = try await TrashSweep(registry: registry, visitor: reach).run()
        let trash = reach.numbers.sorted().map { deletions[$0] }
        let place = registry.paths.blob(digest)
        let quarantine = try await registry.storage.holdings(in: registry.paths.quarantine)
            .filter { holding in holding.entries.contains { $0.origin == place } }
        let state: BlobExplanation.State =
            if !uses.isEmpty {
                .needed
            } else if !trash.isEmpty {
                .trash
            } else if blob.state != .missing {
                .unreferenced
            } else if !quarantine.isEmpty {
                .quarantine
            } else {
                .missing
            }
        return BlobExplanation(
            digest: digest, state: state, size: blob.size, uses: uses, trash: trash.map(\.label),
            quarantine: quarantine.map(\.label), linkedIn: uses.isEmpty ? try await links(to: digest) : [])
    }

    private func links(to digest: Digest) async throws -> [RepositoryName] {
        let names = try await registry.repositoryNames()
        return try await concurrentMap(names, window: registry.window) { name in
            try await registry.storage.entry(registry.paths.layerLink(name, digest)) == nil ? nil : name
        }.compactMap(\.self)
    }

    // MARK: - Shortened digests

    /// Returns the only digest with this prefix: of the blobs at their places and in quarantine, or
    /// else of all digests that links and manifests name, for which it sweeps all repositories. A
    /// whole digest is returned as it is.
    ///
    /// - Throws: `DigestPrefixError` if no digest, or more than one, has the prefix.
    public func digest(matching prefix: DigestPrefix, progress: ProgressHandler? = nil) async throws -> Digest {
        if let whole = prefix.whole { return whole }
        let taken = try await registry.storage.holdings(in: registry.paths.quarantine)
            .flatMap { $0.entries.compactMap { registry.paths.digest(ofBlob: $0.origin) } }
        let found = try await registry.blobs(matching: prefix) + taken.filter(prefix.matches)
        if !found.isEmpty { return try prefix.only(of: found) }
        let visitor = PrefixVisitor(prefix)
        let names = try await registry.repositoryNames()
        try await RegistrySweep(registry: registry, visitor: visitor, scope: .layerLinks).run(names, progress: progress)
        return try prefix.only(of: visitor.digests)
    }
}

extension Holding {
    /// The name of the deleted thing, or else of the holding.
    fileprivate var label: String { note?.name ?? path.name }
}
