public import Inspection
public import ObjectStore
public import Registry
public import StorageDriver
public import Foundation

/// Builds plans: the targets and the costs of a change. Only reads, so a read-only session has a
/// planner, too.
///
/// Concurrency: a value. Errors: `ChangeError.wrongChunkSize` if the files of the pool have another
/// chunk size than was assumed, those of each method, and errors of reading.
public struct ChangePlanner: Sendable {
    /// The registry to be changed.
    public let registry: RegistryReader
    /// The settings of the journal, among them the delay.
    public let policy: JournalPolicy

    /// A planner for `registry`.
    public init(registry: RegistryReader, policy: JournalPolicy) {
        self.registry = registry
        self.policy = policy
    }

    // MARK: - References

    /// Plans the removal of references. The removal of a repository takes its `_manifests`,
    /// `_layers` and `_uploads`; that of a tag takes this tag; that of a digest takes the revision
    /// and every tag on it. A link that several targets cover is removed once, with the first of
    /// them. The companions of an image are removed with its last tag, as a part of the same
    /// target.
    /// - Parameters:
    ///   - references: Repositories, tags and manifests.
    ///   - skippingTrash: True to drop the links at once, instead of keeping them to be restored.
    ///   - companions: The companions that may go with their images.
    ///   - handling: The treatment of uploads and of layer links.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: `ChangeError.notFound`.
    public func removal(
        of references: [ImageReference], skippingTrash: Bool = false, companions: CompanionChoice = .all,
        handling: RepositoryHandling = RepositoryHandling(), progress: ProgressHandler? = nil
    ) async throws -> ChangePlan {
        try await checkChunkSize()
        return try await RemovalPlanner(registry: registry, policy: policy).plan(
            for: references, skippingTrash: skippingTrash, companions: companions, handling: handling,
            progress: progress)
    }

    /// Plans the move of a repository to a name that does not exist, or of a tag to another name in
    /// its repository.
    /// - Parameters:
    ///   - source: A repository or a tag.
    ///   - destination: Its new name.
    ///   - force: True to replace a tag that is there.
    ///   - handling: The treatment of uploads and of layer links.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: `ChangeError.notFound`, `.destinationExists`, and see `checkMove`.
    public func move(
        from source: ImageReference, to destination: ImageReference, force: Bool = false,
        handling: RepositoryHandling = RepositoryHandling(), progress: ProgressHandler? = nil
    ) async throws -> ChangePlan {
        try await checkChunkSize()
        return try await MovePlanner(registry: registry, policy: policy).plan(
            from: source, to: destination, force: force, handling: handling)
    }

    /// Checks a move without reading the pool.
    /// - Parameters:
    ///   - source: The present name.
    ///   - destination: The new name.
    ///   - force: True to accept a name that no client can pull.
    /// - Throws: `ChangeError.unsuitable` unless both are repositories, or tags of one repository,
    ///   and clients can pull the destination.
    public static func checkMove(
        of source: ImageReference, to destination: ImageReference, force: Bool = false
    ) throws(ChangeError) {
        try MovePlanner.check(source, destination)
        if !force, let obstacle = destination.pullObstacle { throw .unsuitable(obstacle) }
    }

    /// Plans a copy of a repository to a name that does not exist, or of a tag or a manifest to a
    /// tag in any repository. Only links are written. Companions go along to another repository.
    /// - Parameters:
    ///   - source: A repository, a tag or a manifest.
    ///   - destination: A repository for a repository, a tag otherwise.
    ///   - force: True to replace a tag that is there.
    /// - Throws: `ChangeError.notFound`, `.destinationExists`, `.unsuitable` for an image that is
    ///   not whole, and see `checkCopy`.
    public func copy(
        from source: ImageReference, to destination: ImageReference, force: Bool = false
    ) async throws -> CopyPlan {
        try await checkChunkSize()
        return try await CopyPlanner(registry: registry, policy: policy).plan(
            from: source, to: destination, force: force)
    }

    /// Plans to give a tag another manifest, which its repository holds: the end of an import.
    ///
    /// - Parameter modified: The time of the tag at the source; nil for now.
    /// - Throws: See `copy`.
    package func replacement(
        of tag: ImageReference, by digest: Digest, modified: Date?
    ) async throws -> CopyPlan {
        guard let manifest = ImageReference(tag.repository, .digest(digest)) else { throw ChangeError.notFound(tag) }
        return try await CopyPlanner(registry: registry, policy: policy, modified: modified).plan(
            from: manifest, to: tag, force: true)
    }

    /// Checks a copy without reading the pool.
    /// - Parameters:
    ///   - source: The present name.
    ///   - destination: The new name.
    ///   - force: True to accept a name that no client can pull.
    /// - Throws: `ChangeError.unsuitable` unless both are repositories, or the destination is a tag
    ///   and the source a tag or a manifest, and clients can pull the destination.
    public static func checkCopy(
        of source: ImageReference, to destination: ImageReference, force: Bool = false
    ) throws(ChangeError) {
        try CopyPlanner.check(source, destination)
        if !force, let obstacle = destination.pullObstacle { throw .unsuitable(obstacle) }
    }

    // MARK: - The trash

    /// Plans to bring deletions back from the trash. Companions of a tag's image come back with it,
    /// from the deletion that took them along.
    /// - Parameters:
    ///   - ids: The deletions, by their names in the trash.
    ///   - name: The name that a repository or a tag gets instead of its own. A repository's must
    ///     be free, a tag's must be one of its repository.
    /// - Throws: `ChangeError.notInTrash`, `.nameTaken`, `.destinationExists`, `.unsuitable`.
    public func restoration(of ids: [String], as name: ImageReference? = nil) async throws -> RestorePlan {
        try await checkChunkSize()
        return try await RestorationPlanner(registry: registry).plan(for: ids, as: name)
    }

    /// Checks a restoration without reading the pool.
    /// - Throws: `ChangeError.unsuitable` for a new name that several deletions would get.
    public static func checkRestoration(of ids: [String], as name: ImageReference?) throws(ChangeError) {
        try RestorationPlanner.check(ids, as: name)
    }

    /// Plans to drop for good the deletions that have been in the trash for `age` seconds or
    /// longer. While registries may be writing, deletions younger than the journal's delay stay,
    /// whatever `age` says (docs/safety.md#1-freeing), and the notes say so.
    /// - Parameters:
    ///   - age: Seconds since the deletion, at least.
    ///   - ids: Only these deletions; nil for all.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: `ChangeError.notInTrash`.
    public func emptying(
        olderThan age: TimeInterval = 0, ids: [String]? = nil, progress: ProgressHandler? = nil
    ) async throws -> EmptyPlan {
        try await checkChunkSize()
        return try await EmptyingPlanner(registry: registry, policy: policy).plan(
            olderThan: age, ids: ids, progress: progress)
    }

    // MARK: - Uploads

    /// Plans the removal of unfinished uploads that began `age` seconds ago or longer. An upload
    /// whose start date cannot be read is as old as its youngest chunk; if it has no chunk, it is
    /// as old as its directory. A file among the uploads that belongs to no upload counts as one.
    /// Scans the whole pool for files whose content belongs to something else as well.
    /// - Parameters:
    ///   - age: Seconds since an upload began, at least.
    ///   - names: Only uploads of these repositories; nil for all.
    ///   - ids: Only uploads with these identifiers; nil for all.
    ///   - skippingTrash: True to drop the files at once, instead of keeping them to be restored.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: See `checkPurge`.
    public func purging(
        olderThan age: TimeInterval, of names: [RepositoryName]? = nil, ids: Set<String>? = nil,
        skippingTrash: Bool = false, progress: ProgressHandler? = nil
    ) async throws -> UploadsPlan {
        try await checkChunkSize()
        return try await UploadsPlanner(registry: registry, policy: policy).plan(
            olderThan: age, of: names, ids: ids, skippingTrash: skippingTrash, progress: progress)
    }

    /// Checks a purge without reading the pool (docs/safety.md#2-collection).
    /// - Throws: `ChangeError.unsuitable` for a purge that skips the trash while a registry may be
    ///   writing.
    public static func checkPurge(skippingTrash: Bool, isOffline: Bool) throws(ChangeError) {
        try UploadsPlanner.check(skippingTrash: skippingTrash, isOffline: isOffline)
    }

    // MARK: - Repairs

    /// Plans repairs of problems: those whose repair is safe or, if kinds are named, all problems
    /// of these kinds that have a repair.
    /// - Parameters:
    ///   - problems: The problems of a report.
    ///   - kinds: The kinds to repair; empty for safe repairs only.
    ///   - grace: See `RepairPlan.grace`.
    public func repairs(
        of problems: [Problem], kinds: Set<ProblemKind> = [], grace: TimeInterval = FsckOptions.usualGrace
    ) async throws -> RepairPlan {
        let chosen = problems.filter { problem in
            kinds.isEmpty ? problem.repair?.isSafe ?? false : kinds.contains(problem.kind)
        }
        return try await repairs(ofAll: chosen, grace: grace)
    }

    /// Plans repairs of all of these problems that have a repair, safe or not.
    /// - Parameters:
    ///   - problems: The problems of a report.
    ///   - grace: See `RepairPlan.grace`.
    public func repairs(
        ofAll problems: [Problem], grace: TimeInterval = FsckOptions.usualGrace
    ) async throws -> RepairPlan {
        try await checkChunkSize()
        return try await RepairPlanner(registry: registry, policy: policy).plan(forAll: problems, grace: grace)
    }

    // MARK: - Retention

    /// Chooses the repositories that a filter lets through. An unknown value fulfils nothing, so
    /// the repository stays.
    /// - Throws: `ChangeError.unsuitable` if the filter needs dates that say nothing.
    public func selection(
        ofRepositories filter: Filter, progress: ProgressHandler? = nil
    ) async throws -> Selection {
        try await SelectionPlanner(registry: registry, now: policy.now).repositories(by: filter, progress: progress)
    }

    /// Chooses among the tags of a repository by rules.
    /// - Throws: `ChangeError.unsuitable` if a rule needs dates that say nothing.
    public func selection(ofTagsOf name: RepositoryName, _ retention: Retention) async throws -> Selection {
        try await SelectionPlanner(registry: registry, now: policy.now).tags(of: name, by: retention)
    }

    /// Chooses among the tags of every repository that a rule covers. If a rule needs dates that
    /// say nothing, all tags stay.
    public func selection(by policy: Retention, progress: ProgressHandler? = nil) async throws -> Selection {
        try await SelectionPlanner(registry: registry, now: self.policy.now).tags(by: policy, progress: progress)
    }

    // MARK: - Collection

    /// Plans the next step of a collection where nothing may be changed: the plan can be shown, and
    /// not executed. See `RegistryAdmin.collection`.
    public func collection(
        _ options: CollectionOptions, progress: ProgressHandler? = nil
    ) async throws -> CollectionPlan {
        try await checkChunkSize()
        return try await CollectionPlanner.rehearsal(of: registry, policy, options, progress: progress)
    }

    /// Reads the quarantine, for a collection with these options: their delay and their state of
    /// the caches count. Reads the size of each thing in the quarantine, and nothing else of the
    /// registry.
    public func quarantine(
        _ options: CollectionOptions = CollectionOptions(), progress: ProgressHandler? = nil
    ) async throws -> QuarantineStatus {
        try await QuarantineReader(registry: registry, policy: policy).status(options, progress: progress)
    }

    private func checkChunkSize() async throws { try await registry.storage.checkChunkSize() }
}
