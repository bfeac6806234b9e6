public import ObjectStore
public import Registry
public import StorageDriver

/// Deletions to be restored from the trash, each with its links, frozen.
public struct RestorePlan: Plan, Hashable {
    /// One deletion.
    public struct Target: Hashable, Sendable {
        /// The deletion.
        public let item: TrashItem
        /// Its links.
        public let entries: [Holding.Entry]
        /// The new name; nil for its own.
        public let destination: ImageReference?
        /// The new place of its links; nil for their own.
        let renaming: Renaming?
        /// The companions of its image in other deletions.
        public let companions: [Part]
        /// The manifests that the current links of tags name, by the places of the links; without
        /// those that cannot be read.
        let named: [StoragePath: Digest]

        /// The manifest that a single deleted tag names; nil for others, and if it cannot be read.
        var digest: Digest? { named.count == 1 ? named.first?.value : nil }

        /// The content that the restoration brings back.
        fileprivate var content: NamedContent {
            NamedContent(
                (entries + companions.flatMap(\.entries)).map { entry in
                    let path = renaming.map { entry.origin.moved(from: $0.from, to: $0.to) } ?? entry.origin
                    return (path, named[entry.origin])
                })
        }
    }

    /// A part of another deletion.
    public struct Part: Hashable, Sendable {
        /// The id of that deletion.
        public let id: String
        /// The links that are restored.
        public let entries: [Holding.Entry]
    }

    /// A directory that changes its path.
    struct Renaming: Hashable, Sendable {
        let from: StoragePath
        let to: StoragePath
    }

    /// The deletions, in the order of execution.
    public let targets: [Target]
    /// Notes to read before saying yes, a sentence each.
    public let notes: [String]

    /// The kind of change: a restoration.
    public var action: PlanAction { .restore }
    /// No impact: nothing is lost.
    public var impact: Impact { Impact() }

    /// The ids of the deletions.
    public var targetNames: [String] { targets.map(\.item.id) }

    /// The ids with the names of the deleted things, and their new names.
    public var logNames: [String] {
        targets.map { "\($0.item.id), \($0.item.name)\($0.destination.map { " as \($0)" } ?? "")" }
    }

    /// The deletion of what is restored; nil for parts of a repository that have no name, and for
    /// uploads beside other things.
    public var wayBack: WayBack? {
        if targets.allSatisfy({ $0.item.kind == .upload }), targets.count <= AuditLog.longestList {
            return .purge(
                targets.map { target in
                    let files = target.entries.map { (path: $0.origin, blob: $0.blob) }
                    return WayBack.Name(
                        reference: target.item.name, naming: NamedContent.fingerprint(ofUpload: files), companions: [:])
                })
        }
        let names = targets.compactMap { target -> WayBack.Name? in
            guard [.repository, .tag, .revision].contains(target.item.kind) else { return nil }
            return (target.destination ?? ImageReference(target.item.name)).flatMap(target.content.name)
        }
        return names.count == targets.count && names.count <= AuditLog.longestList ? .removal(names) : nil
    }

    /// A step for each deletion.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let links = targets.reduce(0) { sum, target in
            sum + target.entries.count + target.companions.reduce(0) { $0 + $1.entries.count }
        }
        let counter = ProgressCounter(phase: "restoring links", total: UInt64(links), handler: progress)
        let executor = RestorationExecutor(context: context, counter: counter)
        return targets.map { target in PlanStep(target.item.id) { try await executor.restore(target) } }
    }
}
