public import ObjectStore
public import Registry
public import StorageDriver

/// A removal of unfinished uploads as a value, each with its files, frozen.
public struct UploadsPlan: Plan, Hashable {
    /// One upload.
    public struct Target: Hashable, Sendable {
        /// The upload.
        public let upload: UploadSummary
        /// Its files that go to the trash.
        public let links: [ChangePlan.Link]
        /// Its files whose content belongs to something else as well, a blob for example
        /// (docs/layout.md#d6): only their keys are removed. If they were restored, a registry
        /// could delete both.
        public let pairs: [ChangePlan.Link]
        /// Its directories.
        public let directories: [StoragePath]

        var name: String { upload.targetName }
    }

    /// True for a removal that skips the trash.
    public let skipsTrash: Bool
    /// The uploads, in the order of execution.
    public let targets: [Target]
    /// The costs and the gains.
    public let impact: Impact
    /// Notes to read before saying yes, a sentence each.
    public let notes: [String]

    /// Removing uploads.
    public var action: PlanAction { .purge }

    /// `repository/_uploads/id`.
    public var targetNames: [String] { targets.map(\.name) }

    /// The trash.
    public var wayBack: WayBack? { skipsTrash ? nil : .trash }

    /// A step for each upload.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let files = targets.reduce(0) { $0 + $1.links.count + $1.pairs.count }
        let counter = ProgressCounter(phase: "removing uploads", total: UInt64(files), handler: progress)
        let executor = UploadsExecutor(context: context, counter: counter)
        return zip(targets, context.trashIDs(count: targets.count)).map { target, id in
            if skipsTrash || target.links.isEmpty {
                PlanStep(target.name) { try await executor.drop(target) }
            } else {
                PlanStep(target.name, trash: id) { try await executor.purge(target, as: id) }
            }
        }
    }
}

/// Removes unfinished uploads.
struct UploadsExecutor: Sendable {
    let context: ChangeContext
    let counter: ProgressCounter

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Removes an upload into the trash. For files that belong to something else as well, removes
    /// only the key, before anything else: a registry's own purge would delete both. Returns notes;
    /// throws `ChangeError.changed` if a file stays.
    func purge(_ target: UploadsPlan.Target, as id: TrashID) async throws -> [String] {
        let changed = try await unlink(target.pairs)
        let deposit = TrashDeposit(
            name: target.name, kind: .upload, stages: [target.links], directories: target.directories,
            floor: paths.repositories)
        let (stay, leftovers) = try await deposit.put(as: id, context, counter)
        return try notes(on: leftovers, staying: Set(changed).union(stay), of: target)
    }

    /// Removes an upload at once: removes its keys, and leaves its content to a collection. Returns
    /// notes; throws `ChangeError.changed` if a file stays.
    func drop(_ target: UploadsPlan.Target) async throws -> [String] {
        let changed = try await unlink(target.pairs + target.links)
        let leftovers = try await Leftovers.clear(target.directories, below: paths.repositories, with: driver)
        return try notes(on: leftovers, staying: Set(changed), of: target)
    }

    /// Drops keys, each guarded by its identifier. Returns those that another process changed
    /// meanwhile.
    private func unlink(_ links: [ChangePlan.Link]) async throws -> [StoragePath] {
        guard let first = links.first else { return [] }
        try await driver.journal.forget(Set(links.map(\.blob)), of: first.path)
        return try await driver.writer.each(links) { link in
            defer { counter.advance() }
            return try await driver.writer.exchange(link.blob, for: nil, at: link.path) ? nil : link.path
        }.compactMap(\.self)
    }

    private func notes(
        on leftovers: Leftovers, staying links: Set<StoragePath>, of target: UploadsPlan.Target
    ) throws -> [String] {
        let planned = Set((target.links + target.pairs).map(\.path))
        let stay = links.union(leftovers.files.filter(planned.contains))
        if let first = stay.min() { throw ChangeError.changed(first, count: stay.count) }
        return leftovers.notes(paths)
    }
}

extension UploadSummary {
    /// The name of the upload as a target of a change.
    package var targetName: String { "\(repository)\(Self.separator)\(id)" }

    private static let separator = "/_uploads/"

    /// The repository and the id in the name of an upload; nil for another text.
    static func place(of name: String) -> (repository: RepositoryName, id: String)? {
        guard let separator = name.firstRange(of: separator),
            let repository = RepositoryName(String(name[..<separator.lowerBound]))
        else { return nil }
        return (repository, String(name[separator.upperBound...]))
    }
}
