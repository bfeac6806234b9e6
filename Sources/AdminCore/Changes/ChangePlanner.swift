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

    /// The plan that removes what the references name (`DESIGN` §2.5): of a repository its `_manifests`, `_layers` and `_uploads`, of a
    /// tag that tag, of a digest the revision and every tag on it. What several targets cover is removed once, with the first of them.
    /// What belongs to an image, its signatures for example, goes with the last tag of it, and as a part of the same target.
    /// `skippingTrash`: the links are dropped at once, instead of going where they can be restored from. `companions`: which of what
    /// belongs to images may go with them.
    /// Throws `ChangeError.notFound`, `.wrongChunkSize`, and errors of reading.
    public func removal(
        of references: [ImageReference], skippingTrash: Bool = false, companions: CompanionChoice = .all,
        progress: ProgressHandler? = nil
    ) async throws -> ChangePlan {
        try await checkChunkSize()
        var covered: Set<StoragePath> = []
        var targets: [ChangePlan.Target] = []
        // What covers most comes first, so that the tag of a repository that goes as well is not a target of its own.
        for reference in references.uniqued().sorted(by: { $0.selector.breadth > $1.selector.breadth }) {
            let target = try await self.target(reference)
            let stages = target.stages.map { $0.filter { covered.insert($0.path).inserted } }
            if stages.joined().isEmpty, !target.stages.joined().isEmpty { continue }
            targets.append(
                ChangePlan.Target(reference: reference, stages: stages, directories: target.directories))
        }
        let joined = try await joiningCompanions(to: targets, companions)
        let impact = try await impact(ofRemoving: joined.targets, progress: progress)
        return ChangePlan(
            action: .remove, skipsTrash: skippingTrash, targets: joined.targets, impact: impact,
            notes: joined.notes + notes(targets, impact, skippingTrash))
    }

    /// Throws `ChangeError.wrongChunkSize` if the pool's own files say that they have another chunk size (`DESIGN` §2.14).
    func checkChunkSize() async throws {
        let finding = try await ChunkSizeProbe(storage: storage).run()
        if let found = finding.other { throw ChangeError.wrongChunkSize(assumed: finding.assumed, found: found) }
    }

    /// What a reference stands for, frozen. Throws `ChangeError.notFound`.
    func target(_ reference: ImageReference) async throws -> ChangePlan.Target {
        let name = reference.repository
        switch reference.selector {
        case .repository:
            let own = paths.ownDirectories(name)
            let found = try await concurrentMap(own, window: own.count) { try await storage.walkIfThere($0) }
            guard found.contains(where: { $0 != nil }) else { throw ChangeError.notFound(reference) }
            return try await target(reference, found.compactMap(\.self).flatMap(\.self), roots: own)
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

    private func target(
        _ reference: ImageReference, _ found: [WalkEntry], roots: [StoragePath]
    ) async throws -> ChangePlan.Target {
        let files = found.compactMap(\.file).sorted { $0.path < $1.path }
        let links = try await concurrentMap(files, window: storage.window) { path, blob in
            let digest = paths.isCurrentLink(path) ? try await linkDigest(path, blob) : nil
            return ChangePlan.Link(path: path, blob: blob, digest: digest)
        }
        let stages = Dictionary(grouping: links) { paths.stage(of: $0.path) }
        return ChangePlan.Target(
            reference: reference, stages: RemovalStage.allCases.compactMap { stages[$0] },
            directories: roots + found.compactMap(\.subdirectory))
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

    /// How many manifests that are shared are named.
    private static let sharedChildren = 10

    private func notes(_ targets: [ChangePlan.Target], _ impact: Impact, _ skippingTrash: Bool) -> [String] {
        var notes: [String] = []
        for target in targets {
            guard case .digest = target.reference.selector else { continue }
            let tags = target.links.compactMap { paths.tagName(of: $0.path, in: target.reference.repository) }.uniqued()
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
