import ObjectStore
import Registry
import StorageDriver

/// Plans the removal of references. Only reads.
struct RemovalPlanner: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var paths: RegistryPaths { registry.paths }

    /// See `ChangePlanner.removal`.
    func plan(
        for references: [ImageReference], skippingTrash: Bool, companions: CompanionChoice,
        handling: RepositoryHandling, progress: ProgressHandler?
    ) async throws -> ChangePlan {
        let finder = TargetFinder(registry: registry, policy: policy)
        var covered: Set<StoragePath> = []
        var targets: [ChangePlan.Target] = []
        // Broad references come first: a tag whose repository is removed as well does not become a
        // target of its own.
        for reference in references.uniqued().sorted(by: { $0.selector.breadth > $1.selector.breadth }) {
            let target = try await finder.target(reference, takesUploads: handling.takesUploads)
            let stages = target.stages.map { $0.filter { covered.insert($0.path).inserted } }
            if stages.joined().isEmpty, !target.stages.joined().isEmpty { continue }
            targets.append(
                ChangePlan.Target(
                    reference: reference, stages: stages, directories: target.directories,
                    uploadsInProgress: target.uploadsInProgress))
        }
        let joined = try await Companions(registry: registry, finder: finder).joining(targets, companions)
        let impact = try await RemovalImpact(registry: registry, finder: finder).impact(
            of: joined.targets, progress: progress)
        return ChangePlan(
            action: .remove, skipsTrash: skippingTrash, handling: handling, targets: joined.targets, impact: impact,
            notes: joined.notes + notes(targets, impact)
                + handling.notes(joined.targets, policy))
    }

    /// The number of shared manifests that the notes name.
    private static let sharedChildren = 10

    private func notes(_ targets: [ChangePlan.Target], _ impact: Impact) -> [String] {
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
            notes.append("includes unfinished uploads; a push in progress will fail and must be restarted")
        }
        return notes
    }
}

extension ImageReference.Selector {
    /// The breadth of a reference: a repository covers its manifests, and they cover their tags.
    fileprivate var breadth: Int {
        switch self {
        case .repository: 2
        case .digest: 1
        case .tag: 0
        }
    }
}
