/// A change that has been thought through and not been made: the exact targets by identity, and the impact.
///
/// Dry run, question and execution show and execute this same value. It stays true or fails: everything in it is
/// guarded by what was seen when it was made.
public struct ChangePlan: Plan, Hashable {
    /// One link file (or, of an upload, any file), frozen: where it is, under which identifier, and what it stands for.
    public struct Link: Hashable, Sendable {
        /// Its path.
        public let path: StoragePath
        /// The identifier its key holds: the guard of every change of it.
        public let blob: BlobIdentifier
        /// For a tag's current link, the digest it says; nil for others, and if it cannot be read. A registry
        /// overwrites these links in place, under the same identifier, so the guard alone would not see a retag.
        public let digest: Digest?
        /// Where it goes; nil if it is removed.
        public let destination: StoragePath?
        /// The identifier at the destination that it replaces; nil if there must be none.
        public let replaces: BlobIdentifier?

        /// See the properties.
        public init(
            path: StoragePath, blob: BlobIdentifier, digest: Digest? = nil, destination: StoragePath? = nil,
            replaces: BlobIdentifier? = nil
        ) {
            self.path = path
            self.blob = blob
            self.digest = digest
            self.destination = destination
            self.replaces = replaces
        }
    }

    /// What a user named, and the links it stands for.
    public struct Target: Hashable, Sendable {
        /// What was named.
        public let reference: ImageReference
        /// Where it goes; nil if it is removed.
        public let destination: ImageReference?
        /// Its links by stage, in the order of a removal: tags' current links, their index, revisions, layers,
        /// uploads. Those of one stage may be changed side by side. A move makes the destinations in the opposite
        /// order first.
        public let stages: [[Link]]
        /// The directories it consists of; pruned at the end where they are empty.
        public let directories: [StoragePath]
        /// How many uploads in progress stay where they are.
        public let uploadsInProgress: Int

        /// All links.
        public var links: [Link] { stages.flatMap(\.self) }

        /// The repository, if links to its layers are among them; none otherwise.
        var layerNames: [RepositoryName] {
            let hasLayers = links.contains { $0.path.components.contains("_layers") }
            return hasLayers ? [reference.repository] : []
        }

        /// See the properties.
        public init(
            reference: ImageReference, destination: ImageReference? = nil, stages: [[Link]], directories: [StoragePath],
            uploadsInProgress: Int = 0
        ) {
            self.uploadsInProgress = uploadsInProgress
            self.reference = reference
            self.destination = destination
            self.stages = stages
            self.directories = directories
        }
    }

    /// What kind of change.
    public let action: PlanAction
    /// True for a removal that skips the trash: its links are dropped at once, and nothing brings them back.
    public let skipsTrash: Bool
    /// What becomes of uploads in progress, and of the links that caches remember.
    public let handling: RepositoryHandling
    /// What is changed, in this order.
    public let targets: [Target]
    /// What it costs and brings.
    public let impact: Impact
    /// What a person should know before saying yes, a sentence each.
    public let notes: [String]

    /// See the properties.
    public init(
        action: PlanAction, skipsTrash: Bool = false, handling: RepositoryHandling = RepositoryHandling(),
        targets: [Target], impact: Impact, notes: [String]
    ) {
        self.handling = handling
        self.action = action
        self.skipsTrash = skipsTrash
        self.targets = targets
        self.impact = impact
        self.notes = notes
    }

    /// What is changed, as it was named.
    public var targetNames: [String] { targets.map(\.reference.description) }

    /// With the destination, and with a word where the trash is skipped.
    public var logNames: [String] {
        targets.map { target in
            let destination = target.destination.map { " to \($0)" } ?? ""
            return "\(target.reference)\(destination)\(skipsTrash ? ", skipping the trash" : "")"
        }
    }

    /// Target by target.
    public func steps(with admin: RegistryAdmin, progress: ProgressHandler?) -> [PlanStep] {
        let links = targets.reduce(0) { $0 + $1.links.count }
        let counter = ProgressCounter(
            phase: action == .move ? "moving links" : "removing links", total: UInt64(links), handler: progress)
        if action == .move || skipsTrash {
            return targets.map { target in
                PlanStep(target.reference.description) {
                    try await action == .move
                        ? admin.move(target, handling, counter) : admin.remove(target, handling, counter)
                }
            }
        }
        return zip(targets, admin.trashIDs(count: targets.count)).map { target, id in
            // Without links there is nothing to be kept: only emptied directories go.
            if target.links.isEmpty {
                PlanStep(target.reference.description) { try await admin.remove(target, handling, counter) }
            } else {
                PlanStep(target.reference.description, trash: id) {
                    try await admin.trash(target, as: id, handling, counter)
                }
            }
        }
    }
}
