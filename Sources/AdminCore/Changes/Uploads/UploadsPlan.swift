/// A removal of unfinished uploads as a value, each with its files, frozen.
public struct UploadsPlan: Plan, Hashable {
    /// One upload.
    public struct Target: Hashable, Sendable {
        /// The upload.
        public let upload: UploadSummary
        /// Its files that go to the trash.
        public let links: [ChangePlan.Link]
        /// Its files whose content belongs to something else as well, a blob for example
        /// (docs/layout.md#d6): only their keys are removed. Restoring them would bring back the
        /// risk that a registry deletes both.
        public let pairs: [ChangePlan.Link]
        /// Its directories.
        public let directories: [StoragePath]

        var name: String { "\(upload.repository)/_uploads/\(upload.id)" }
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
