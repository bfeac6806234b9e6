import Foundation

/// Thinks changes through. Only reads, so a read-only session has one, too.
public struct ChangePlanner: Sendable {
    /// The registry to be changed.
    public let registry: RegistryReader
    /// How the journal is kept: whether registries may be writing, and for how long what they began may go on.
    public let policy: JournalPolicy

    /// A planner for `registry`.
    public init(registry: RegistryReader, policy: JournalPolicy) {
        self.registry = registry
        self.policy = policy
    }

    var storage: StorageReader { registry.storage }
    var paths: RegistryPaths { registry.paths }

    /// The plan that removes what the references name: of a repository its `_manifests`, `_layers` and `_uploads`, of a
    /// tag that tag, of a digest the revision and every tag on it. What several targets cover is removed once, with
    /// the first of them. What belongs to an image, its signatures for example, goes with the last tag of it, and as
    /// a part of the same target. `skippingTrash`: the links are dropped at once, instead of going where they can be
    /// restored from. `companions`: which of what belongs to images may go with them.
    /// Throws `ChangeError.notFound`, `.wrongChunkSize`, and errors of reading.
    public func removal(
        of references: [ImageReference], skippingTrash: Bool = false, companions: CompanionChoice = .all,
        handling: RepositoryHandling = RepositoryHandling(), progress: ProgressHandler? = nil
    ) async throws -> ChangePlan {
        try await checkChunkSize()
        var covered: Set<StoragePath> = []
        var targets: [ChangePlan.Target] = []
        // What covers most comes first, so that the tag of a repository that goes as well is not a target of its own.
        for reference in references.uniqued().sorted(by: { $0.selector.breadth > $1.selector.breadth }) {
            let target = try await self.target(reference, takesUploads: handling.takesUploads)
            let stages = target.stages.map { $0.filter { covered.insert($0.path).inserted } }
            if stages.joined().isEmpty, !target.stages.joined().isEmpty { continue }
            targets.append(
                ChangePlan.Target(
                    reference: reference, stages: stages, directories: target.directories,
                    uploadsInProgress: target.uploadsInProgress))
        }
        let joined = try await joiningCompanions(to: targets, companions)
        let impact = try await impact(ofRemoving: joined.targets, progress: progress)
        return ChangePlan(
            action: .remove, skipsTrash: skippingTrash, handling: handling, targets: joined.targets, impact: impact,
            notes: joined.notes + notes(targets, impact, skippingTrash) + notes(joined.targets, handling))
    }

    /// Throws `ChangeError.wrongChunkSize` if the pool's own files say that they have another chunk size.
    func checkChunkSize() async throws {
        let finding = try await ChunkSizeProbe(storage: storage).run()
        if let found = finding.other { throw ChangeError.wrongChunkSize(assumed: finding.assumed, found: found) }
    }

    /// What a reference stands for, frozen. Throws `ChangeError.notFound`.
    func target(_ reference: ImageReference, takesUploads: Bool = true) async throws -> ChangePlan.Target {
        let name = reference.repository
        switch reference.selector {
        case .repository:
            let own = paths.ownDirectories(name)
            let found = try await concurrentMap(own, window: own.count) { try await storage.walkIfThere($0) }
            guard found.contains(where: { $0 != nil }) else { throw ChangeError.notFound(reference) }
            let entries = found.compactMap(\.self).flatMap(\.self)
            let busy = takesUploads ? [] : try await uploadsInProgress(entries.compactMap(\.file))
            let idle = entries.filter { entry in
                guard let path = entry.path, let upload = paths.file(at: path)?.uploadDirectory else { return true }
                return !busy.contains(upload)
            }
            return try await target(reference, idle, roots: own, uploadsInProgress: busy.count)
        case .tag(let tag):
            guard let directory = paths.tag(name, tag), let found = try await storage.walkIfThere(directory) else {
                throw ChangeError.notFound(reference)
            }
            return try await target(reference, found, roots: [directory])
        case .digest(let digest):
            let tags = try await tags(of: name, naming: digest)
            var roots = tags.compactMap { paths.tag(name, $0) } + [paths.revision(name, digest)]
            // Registry 2.1.0 linked manifests among the layers, and nowhere else.
            let old = paths.layerLink(name, digest)
            if try await storage.entries(paths.revision(name, digest)) == nil, try await storage.entry(old) != nil,
                case .file(let blob)? = try await storage.entry(paths.blob(digest))?.kind,
                try await registry.manifestAmongLayers(in: blob, at: paths.blob(digest)) != nil
            {
                roots.append(old.parent)
            }
            let found = try await concurrentMap(roots, window: storage.window) { try await storage.walkIfThere($0) }
            guard found.contains(where: { $0 != nil }) else { throw ChangeError.notFound(reference) }
            return try await target(reference, found.compactMap(\.self).flatMap(\.self), roots: roots)
        }
    }

    /// The directories of the uploads in which something was written within the delay: whoever began one may go on
    /// with it.
    private func uploadsInProgress(_ files: [(path: StoragePath, blob: BlobIdentifier)]) async throws -> Set<
        StoragePath
    > {
        guard policy.delay > 0 else { return [] }
        let limit = policy.now.addingTimeInterval(-policy.delay)
        let uploads = files.compactMap { file in
            paths.file(at: file.path)?.uploadDirectory.map { (directory: $0, file: file) }
        }
        return try await Set(
            concurrentMap(uploads, window: storage.window) { upload -> StoragePath? in
                var modified = try await storage.head(of: upload.file.blob).modified
                if modified == nil {
                    // A reference without chunk 0 has no date but that of its directory.
                    let directory = StorageReader.directory(upload.file.path.parent)
                    modified = try await storage.objects.read(.stat, of: directory)?.modified
                }
                return modified.map { $0 <= limit } ?? false ? nil : upload.directory
            }.compactMap(\.self))
    }

    private func target(
        _ reference: ImageReference, _ found: [WalkEntry], roots: [StoragePath], uploadsInProgress: Int = 0
    ) async throws -> ChangePlan.Target {
        let files = found.compactMap(\.file).sorted { $0.path < $1.path }
        let links = try await concurrentMap(files, window: storage.window) { path, blob in
            let digest = paths.currentTag(of: path) != nil ? try await linkDigest(path, blob) : nil
            return ChangePlan.Link(path: path, blob: blob, digest: digest)
        }
        let stages = Dictionary(grouping: links) { paths.stage(of: $0.path) }
        return ChangePlan.Target(
            reference: reference, stages: RemovalStage.allCases.compactMap { stages[$0] },
            directories: roots + found.compactMap(\.subdirectory), uploadsInProgress: uploadsInProgress)
    }

    /// What a link says; nil if it cannot be read as a digest. A store that does not answer is an error.
    private func linkDigest(_ path: StoragePath, _ blob: BlobIdentifier) async throws -> Digest? {
        do {
            let bytes = try await storage.content(of: blob, at: path, limit: 1024)
            return LinkText(bytes)?.digest
        } catch is StorageError {
            return nil
        }
    }

    /// The tags of a repository whose current link says this digest, sorted.
    func tags(of name: RepositoryName, naming digest: Digest) async throws -> [String] {
        let tags = try await registry.pass().tagNames(of: name)
        return try await concurrentMap(tags, window: storage.window) { tag -> String? in
            guard let link = paths.currentLink(name, tag: tag) else { return nil }
            do {
                let bytes = try await storage.content(link, limit: 1024)
                return LinkText(bytes)?.digest == digest ? tag : nil
            } catch is StorageError {
                return nil
            }
        }.compactMap(\.self)
    }

    /// What is to be known of what registries are busy with in these repositories.
    func notes(_ targets: [ChangePlan.Target], _ handling: RepositoryHandling) -> [String] {
        var notes: [String] = []
        let busy = targets.reduce(0) { $0 + $1.uploadsInProgress }
        if busy > 0 {
            notes.append(
                "\(busy) \(busy == 1 ? "upload" : "uploads") in progress stay where their clients write them; --uploads takes them as well"
            )
        }
        let names = targets.flatMap(\.layerNames)
        guard policy.delay > 0, let first = names.first else { return notes }
        if handling.keepsLayerLinks {
            notes.append(
                "the layer links stay at \(first)\(names.count > 1 ? " and \(names.count - 1) more" : ""), which catalogues go on to show, without a "
                    + "tag: delete it once more while no registry runs")
        } else if policy.caches == .unknown {
            notes.append(
                "a registry with a descriptor cache believes until it is restarted that layers are linked in "
                    + "\(names.count > 1 ? "these names" : "\(first)"): it answers 201 to a push of one and writes no link, and after the restart the "
                    + "image cannot be pulled")
            notes.append(
                "so restart every registry afterwards, or flush its cache, and then run `regtop recover --cache-flushed`, which writes such links; "
                    + "say --no-cache if no registry has a descriptor cache")
        }
        return notes
    }

    /// How many manifests that are shared are named.
    private static let sharedChildren = 10

    private func notes(_ targets: [ChangePlan.Target], _ impact: Impact, _ skippingTrash: Bool) -> [String] {
        var notes: [String] = []
        for target in targets {
            guard case .digest = target.reference.selector else { continue }
            let tags = target.links.compactMap { paths.currentTag(of: $0.path) }.uniqued()
            if !tags.isEmpty {
                notes.append("with \(target.reference) go the tags that name it: \(tags.joined(separator: ", "))")
            }
        }
        notes += impact.sharedChildren.prefix(Self.sharedChildren)
        if impact.sharedChildren.count > Self.sharedChildren {
            notes.append(
                "\(impact.sharedChildren.count - Self.sharedChildren) more are shared in the same way, and stay")
        }
        if impact.uploads > 0 {
            notes.append(
                "unfinished uploads are among it: whoever is pushing them gets an error and has to begin again")
        }
        if skippingTrash { notes.append("the trash is skipped: the links are dropped at once and cannot be restored") }
        return notes
    }
}

extension Sequence where Element: Hashable {
    /// The elements, each once, in the order of their first appearance.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

extension ImageReference.Selector {
    /// How much is named: a repository covers its manifests, and they cover their tags.
    fileprivate var breadth: Int {
        switch self {
        case .repository: 2
        case .digest: 1
        case .tag: 0
        }
    }
}
