public import ObjectStore
public import Registry
package import StorageDriver

/// A copy as a value, before it is made: the links that are written. No data is copied.
public struct CopyPlan: Hashable, Sendable {
    /// The source, as it was named.
    public let source: ImageReference
    /// The new name.
    public let newName: ImageReference
    /// The links by stage, in the order in which they are written: layers, signatures, manifests,
    /// the index of tags, current links of tags.
    package let stages: [[LinkCopy]]
    /// The number of links that are missing at the new name, and are written.
    public let links: Int
    /// The missing links by kind.
    public let counts: [Count]
    /// The costs: the tags that are replaced.
    public let impact: Impact
    /// Notes to read before saying yes, a sentence each.
    public let notes: [String]
    /// The links that are there already.
    private let present: Set<StoragePath>
    /// The manifests that a copy of a tag links anew.
    public let linkedManifests: [Digest]
    /// The tag that is replaced; nil if there is none, or if its link cannot be read.
    let replaced: ReplacedTag?

    /// A number of links of one kind.
    public struct Count: Hashable, Sendable {
        /// The kind: `tag`, `manifest`, `layer` or `signature`.
        public let noun: String
        /// The number.
        public let count: Int
    }

    /// - Parameter present: the paths of links that are there already.
    init(
        source: ImageReference, destination: ImageReference, links: [LinkCopy], present: Set<StoragePath> = [],
        in paths: RegistryPaths, impact: Impact = Impact(), replaced: ReplacedTag? = nil, notes: [String]
    ) {
        self.replaced = replaced
        self.present = present
        self.source = source
        newName = destination
        self.impact = impact
        self.notes = notes
        let missing = links.filter { !present.contains($0.path) }
        self.links = missing.count
        linkedManifests = missing.compactMap { link in
            guard case .revision(let digest) = paths.file(at: link.path) else { return nil }
            return destination.selector == .repository ? nil : digest
        }
        stages = CopyStage.staged(links, in: paths)
        counts = CopyStage.counts(missing, in: paths)
    }
}

extension CopyPlan: Plan {
    /// The kind of change.
    public var action: PlanAction { .copy }
    /// The source.
    public var targetNames: [String] { [source.description] }
    /// The source with the destination, and the manifests of a replaced tag.
    public var logNames: [String] { ["\(source) to \(newName)\(replaced?.logText ?? "")"] }

    /// The deletion of the new name; the old manifest for a tag that is replaced.
    public var wayBack: WayBack? {
        if let replaced {
            return .retag(newName.description, from: replaced.replacement.string, to: replaced.digest.string)
        }
        guard impact.tags.isEmpty else { return nil }
        let links = stages.joined().filter { !present.contains($0.path) }.map {
            (path: $0.path, digest: Digest($0.text))
        }
        return NamedContent(links).name(newName).map { .removal([$0]) }
    }

    /// One step.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let counter = ProgressCounter(phase: "writing links", total: UInt64(stages.joined().count), handler: progress)
        let executor = CopyExecutor(context: context, counter: counter)
        // One link at most is replaced: the current link of the new tag.
        let trash = stages.joined().contains { $0.replaced != nil } ? context.trashIDs(count: 1).first : nil
        return [
            PlanStep(source.description, ending: { try await executor.copy(self, replacedTo: trash) })
        ]
    }
}

/// The order in which the links of a copy are written (docs/safety.md#copy-a-repository-or-a-tag):
/// a link is written after the links that are needed to serve its manifest.
enum CopyStage: Int, CaseIterable {
    case layers, signatures, revisions, tagIndex, currentLinks

    private init(_ path: StoragePath, in paths: RegistryPaths) {
        self =
            switch paths.file(at: path) {
            case .currentLink: .currentLinks
            case .tagIndex: .tagIndex
            case .signature: .signatures
            case .layer: .layers
            case .revision, .blob, .upload, nil: .revisions
            }
    }

    static func staged(_ links: [LinkCopy], in paths: RegistryPaths) -> [[LinkCopy]] {
        let stages = Dictionary(grouping: links) { CopyStage($0.path, in: paths) }
        return allCases.compactMap { stages[$0] }
    }

    static func counts(_ links: [LinkCopy], in paths: RegistryPaths) -> [CopyPlan.Count] {
        let stages = Dictionary(grouping: links) { CopyStage($0.path, in: paths) }
        let nouns: [(CopyStage, String)] = [
            (.currentLinks, "tag"), (.revisions, "manifest"), (.layers, "layer"), (.signatures, "signature"),
        ]
        return nouns.compactMap { stage, noun in stages[stage].map { CopyPlan.Count(noun: noun, count: $0.count) } }
    }
}
