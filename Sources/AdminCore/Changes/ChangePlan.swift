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

    /// One link file, frozen: where it is, under which identifier, and what it said.
    public struct Link: Hashable, Sendable {
        /// Its path.
        public let path: StoragePath
        /// The identifier its key holds.
        public let blob: BlobIdentifier
        /// The digest it says; nil if it cannot be read.
        public let digest: Digest?
        /// Where it goes; nil if it is removed.
        public let destination: StoragePath?

        /// See the properties.
        public init(path: StoragePath, blob: BlobIdentifier, digest: Digest?, destination: StoragePath? = nil) {
            self.path = path
            self.blob = blob
            self.digest = digest
            self.destination = destination
        }
    }

    /// What a user named, and the links it stands for in the order in which they are changed.
    public struct Target: Hashable, Sendable {
        /// What was named.
        public let reference: ImageReference
        /// Where it goes; nil if it is removed.
        public let destination: ImageReference?
        /// Its links (and, of uploads, files), in the order of the change.
        public let links: [Link]
        /// A tag at the destination that is replaced: its link as it is now.
        public let replaces: Link?

        /// See the properties.
        public init(reference: ImageReference, destination: ImageReference? = nil, links: [Link], replaces: Link? = nil)
        {
            self.reference = reference
            self.destination = destination
            self.links = links
            self.replaces = replaces
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
    /// What a person should know of a change that is done: what appeared meanwhile and stays, for example.
    public let notes: [String]

    /// See the properties.
    public init(target: ImageReference, outcome: Outcome, error: String? = nil, notes: [String] = []) {
        self.target = target
        self.outcome = outcome
        self.error = error
        self.notes = notes
    }
}
