/// Unfinished uploads that are to be removed, each with its files, frozen.
public struct UploadsPlan: Plan, Hashable {
    /// One upload.
    public struct Target: Hashable, Sendable {
        /// What it is.
        public let upload: UploadSummary
        /// Its files that go to the trash.
        public let links: [ChangePlan.Link]
        /// Its files whose content belongs to something else as well, a blob for example (docs/layout.md#d6): only
        /// their keys are removed, for restoring them would only bring back that registries may delete both.
        public let pairs: [ChangePlan.Link]
        /// The directories it consists of.
        public let directories: [StoragePath]

        var name: String { "\(upload.repository)/_uploads/\(upload.id)" }
    }

    /// True for a removal that skips the trash.
    public let skipsTrash: Bool
    /// What goes, in this order.
    public let targets: [Target]
    /// What it costs and brings.
    public let impact: Impact
    /// What a person should know before saying yes.
    public let notes: [String]

    /// Removing uploads.
    public var action: PlanAction { .purge }

    /// `repository/_uploads/id`.
    public var targetNames: [String] { targets.map(\.name) }

    /// Upload by upload.
    public func steps(with admin: RegistryAdmin, progress: ProgressHandler?) -> [PlanStep] {
        let files = targets.reduce(0) { $0 + $1.links.count + $1.pairs.count }
        let counter = ProgressCounter(phase: "removing uploads", total: UInt64(files), handler: progress)
        return zip(targets, admin.trashIDs(count: targets.count)).map { target, id in
            if skipsTrash || target.links.isEmpty {
                PlanStep(target.name) { try await admin.drop(target, counter) }
            } else {
                PlanStep(target.name, trash: id) { try await admin.purge(target, as: id, counter) }
            }
        }
    }
}
