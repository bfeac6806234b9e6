/// A change that has been thought through and not been made: the exact targets by identity, and the impact.
///
/// Dry run, question and execution show and execute this same value (`DESIGN` §2.4). It stays true or fails: everything in it is
/// guarded by what was seen when it was made.
public struct ChangePlan: Hashable, Sendable {
    /// What kind of change.
    public enum Action: String, Hashable, Sendable {
        /// References are removed.
        case remove
        /// References are moved.
        case move
    }

    /// One link file (or, of an upload, any file), frozen: where it is, under which identifier, and what it stands for.
    public struct Link: Hashable, Sendable {
        /// Its path.
        public let path: StoragePath
        /// The identifier its key holds: the guard of every change of it.
        public let blob: BlobIdentifier
        /// For a tag's current link, the digest it says; nil for others, and if it cannot be read. A registry overwrites these links in
        /// place, under the same identifier, so the guard alone would not see a retag.
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
        /// Its links by stage, in the order of a removal: tags' current links, their index, revisions, layers, uploads. Those of one
        /// stage may be changed side by side. A move makes the destinations in the opposite order first.
        public let stages: [[Link]]
        /// The directories it consists of; pruned at the end where they are empty.
        public let directories: [StoragePath]

        /// All links.
        public var links: [Link] { stages.flatMap(\.self) }

        /// See the properties.
        public init(
            reference: ImageReference, destination: ImageReference? = nil, stages: [[Link]], directories: [StoragePath]
        ) {
            self.reference = reference
            self.destination = destination
            self.stages = stages
            self.directories = directories
        }
    }

    /// What the change costs and brings.
    public struct Impact: Hashable, Sendable {
        /// Bytes of data that are gone when the change ends.
        public var bytes: UInt64 = 0
        /// Objects that are gone when the change ends: emptied directories.
        public var objects: Int = 0
        /// Bytes that later collections can free because of it: content that nothing else in the registry needs, and the removed links
        /// themselves.
        public var reclaimable: UInt64 = 0
        /// Tags that are lost, as `repo:tag`, sorted.
        public var tags: [String] = []
        /// Tags that name the same manifests and stay, as `repo:tag`, sorted.
        public var siblingTags: [String] = []
        /// Manifests (revision links) that are lost.
        public var revisions: Int = 0
        /// Layer links that are lost.
        public var layers: Int = 0
        /// Unfinished uploads that are lost.
        public var uploads: Int = 0

        /// No impact.
        public init() {}
    }

    /// What kind of change.
    public let action: Action
    /// What is changed, in this order.
    public let targets: [Target]
    /// What it costs and brings.
    public let impact: Impact
    /// What a person should know before saying yes, a sentence each.
    public let notes: [String]

    /// See the properties.
    public init(action: Action, targets: [Target], impact: Impact, notes: [String]) {
        self.action = action
        self.targets = targets
        self.impact = impact
        self.notes = notes
    }
}

/// How the change of one target ended.
public struct ChangeResult: Hashable, Sendable {
    /// In one word.
    public enum Outcome: String, Hashable, Sendable {
        /// All of it.
        case done
        /// Not, or not all of it; `error` says why and what was done.
        case failed
        /// It may or may not have been done: the answer did not come, and reading back failed too.
        case unknown
        /// Not begun, because of what happened before, or because it was cancelled.
        case skipped
    }

    /// What was changed.
    public let target: ImageReference
    /// How it ended.
    public let outcome: Outcome
    /// Why, in a sentence; nil if it is done.
    public let error: String?
    /// What kind of failure of the store it was; nil if it was none.
    public let kind: StoreError.Kind?
    /// What a person should know of a change that is done: what appeared meanwhile and stays, for example.
    public let notes: [String]

    /// See the properties.
    public init(
        target: ImageReference, outcome: Outcome, error: String? = nil, kind: StoreError.Kind? = nil,
        notes: [String] = []
    ) {
        self.target = target
        self.outcome = outcome
        self.error = error
        self.kind = kind
        self.notes = notes
    }
}
