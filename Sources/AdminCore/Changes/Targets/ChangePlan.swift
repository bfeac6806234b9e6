public import Registry
public import StorageDriver

/// A removal or a move of references as a value, before it is made: the exact targets by identity,
/// and the impact.
public struct ChangePlan: Hashable, Sendable {
    /// One link file, or any file of an upload, frozen: its place, its identifier and its meaning.
    public struct Link: Hashable, Sendable {
        /// The path of the link.
        public let path: StoragePath
        /// The identifier that its key holds: the guard of every change of it.
        public let blob: BlobIdentifier
        /// The digest in a tag's current link; nil for others, and if it cannot be read. A registry
        /// overwrites these links in place, under the same identifier, so the guard alone does not
        /// see a retag.
        public let digest: Digest?
        /// The path that it moves to; nil if it is removed.
        public let destination: StoragePath?
        /// The identifier at the destination that it replaces; nil if there must be none.
        public let replaces: BlobIdentifier?

        /// A link.
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

    /// A reference that a user named, and the links that it stands for.
    public struct Target: Hashable, Sendable {
        /// The reference.
        public let reference: ImageReference
        /// Its new name; nil if it is removed.
        public let destination: ImageReference?
        /// Its links by stage, in the order of a removal: tags' current links, their index,
        /// revisions, layers, uploads. The links of one stage may be changed side by side. A move
        /// makes the destinations in the opposite order first.
        public let stages: [[Link]]
        /// Its directories; pruned at the end where they are empty.
        public let directories: [StoragePath]
        /// The number of uploads in progress that stay where they are.
        public let uploadsInProgress: Int
        /// The manifest that the tag with the new name names now, and that loses this tag. nil if
        /// there is no such tag, or if its link cannot be read.
        public let replacedManifest: Digest?

        /// The links of the tag that the new name has now, by stage as in `stages`. They go to the
        /// trash.
        public let replacedStages: [[Link]]

        /// The deletion in the trash that is restored at the old name afterwards; nil for none.
        public let returning: RestorePlan.Target?

        /// The links of all stages.
        public var links: [Link] { stages.flatMap(\.self) }

        /// The manifest that the first current link names; nil if there is none that can be read.
        var namedManifest: Digest? { links.lazy.compactMap(\.digest).first }

        /// The tag that is replaced.
        var replaced: ReplacedTag? {
            guard let replacedManifest, let new = namedManifest else { return nil }
            return ReplacedTag(digest: replacedManifest, replacement: new)
        }

        /// The identifiers that take the places of others, by these places. In a damaged pool two
        /// of the others may be the same.
        var replacements: [StoragePath: BlobIdentifier] {
            let pairs = links.compactMap { link in
                link.replaces == nil ? nil : link.destination.map { ($0, link.blob) }
            }
            return Dictionary(pairs) { first, _ in first }
        }

        /// The links of the replaced tag whose places nothing takes.
        var leavingReplaced: [Link] {
            let new = replacements
            return replacedStages.joined().filter { new[$0.path] == nil }
        }

        /// The repository, if the target has links to its layers; none otherwise.
        var layerNames: [RepositoryName] {
            let hasLayers = links.contains { $0.path.components.contains("_layers") }
            return hasLayers ? [reference.repository] : []
        }

        /// A target.
        public init(
            reference: ImageReference, destination: ImageReference? = nil, stages: [[Link]], directories: [StoragePath],
            uploadsInProgress: Int = 0, replacedManifest: Digest? = nil, replacedStages: [[Link]] = [],
            returning: RestorePlan.Target? = nil
        ) {
            self.returning = returning
            self.replacedStages = replacedStages
            self.replacedManifest = replacedManifest
            self.uploadsInProgress = uploadsInProgress
            self.reference = reference
            self.destination = destination
            self.stages = stages
            self.directories = directories
        }
    }

    /// The kind of change.
    public let action: PlanAction
    /// True for a removal that skips the trash: its links are dropped at once, and nothing brings
    /// them back.
    public let skipsTrash: Bool
    /// The treatment of uploads in progress, and of the links that caches remember.
    public let handling: RepositoryHandling
    /// The targets, in the order of execution.
    public let targets: [Target]
    /// The costs and the gains.
    public let impact: Impact
    /// Notes to read before saying yes, a sentence each.
    public let notes: [String]

    /// A plan.
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
}

/// The treatment of uploads in progress and of layer links when repositories are removed or
/// renamed.
public struct RepositoryHandling: Hashable, Sendable {
    /// True if uploads in progress are taken as well: their clients get an error. Otherwise they
    /// stay at their places, and only uploads are taken to which nothing was written during the
    /// delay.
    public var takesUploads: Bool
    /// True if the links to layers stay at the source, too: so the memory of a registry stays true.
    /// The name stays in catalogues, without a tag, until it is deleted again.
    public var keepsLayerLinks: Bool

    /// Creates a handling; by default it takes no uploads and keeps no layer links.
    public init(takesUploads: Bool = false, keepsLayerLinks: Bool = false) {
        self.takesUploads = takesUploads
        self.keepsLayerLinks = keepsLayerLinks
    }
}

extension RepositoryHandling {
    /// Notes about uploads in progress and about caches, for a plan with these targets.
    func notes(_ targets: [ChangePlan.Target], _ policy: JournalPolicy) -> [String] {
        var notes: [String] = []
        let busy = targets.reduce(0) { $0 + $1.uploadsInProgress }
        if busy > 0 {
            notes.append(
                "\(busy) \(busy == 1 ? "upload" : "uploads") in progress stay where their clients write them; --uploads takes them as well"
            )
        }
        let names = targets.flatMap(\.layerNames)
        guard policy.delay > 0, let first = names.first else { return notes }
        if keepsLayerLinks {
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
}

/// The order in which the links of a repository are removed: a link is removed before the links
/// that are needed to serve its manifest. A move makes its destinations in the opposite order.
enum RemovalStage: Int, Hashable, CaseIterable {
    /// The current links of tags.
    case currentLinks
    /// The links to all manifests that a tag has named.
    case tagIndex
    /// The links to manifests, and to their signatures.
    case revisions
    /// The links to blobs.
    case layers
    /// The files of unfinished uploads.
    case uploads
}

extension RegistryPaths {
    /// The stage in which a file of a repository is removed.
    func stage(of path: StoragePath) -> RemovalStage {
        switch part(of: path) {
        case .manifests where tag(of: path) != nil: currentTag(of: path) == nil ? .tagIndex : .currentLinks
        case .manifests: .revisions
        case .layers: .layers
        case .uploads, nil: .uploads
        }
    }

    /// Links by stage, in the order of a removal.
    func staged<Link>(_ links: [Link], by path: (Link) -> StoragePath) -> [[Link]] {
        let stages = Dictionary(grouping: links) { stage(of: path($0)) }
        return RemovalStage.allCases.compactMap { stages[$0] }
    }
}
