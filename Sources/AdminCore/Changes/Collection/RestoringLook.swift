import Foundation
import Synchronization

/// Looks for what pushes have come to need of the quarantine since the last mark, and lets it come back: in seconds, where a mark takes
/// minutes. It never frees anything, and authorises nobody to.
///
/// A push that was told that the registry has a blob, before that was taken, ends with a manifest that names it, and a link to that
/// manifest among the revisions of its repository. So a look lists the revisions of those repositories in which a link was made since
/// it looked last (the object of that directory has another version then), reads the manifests that it does not know, at their places or in
/// the quarantine, and restores whatever they name and the quarantine has. All else is as the mark has left it: what that found needed
/// stays needed until the next one, which begins with a knowledge of its own. A manifest that cannot be understood lets everything come back
/// that its repository links to, and is looked at again.
///
/// What of the quarantine neither that mark has seen nor its run has put there, another regtop took by a mark of its own: then nothing is
/// known any more, and the next look reads everything once.
///
/// Concurrency: may be shared; two looks at once do twice what one does.
public final class RestoringLook: Sendable {
    /// What a look need not look at again.
    struct Knowledge: Sendable {
        /// Manifests with all that they name: none of it is in the quarantine.
        var manifests: Set<Digest> = []
        /// By repository, the versions of the directories of revisions at which everything in them was known.
        var versions: [RepositoryName: Versions] = [:]
        /// Revisions that could not be understood or are not there, and directories of revisions without a link: to be looked at each time.
        var unclear: [RepositoryName: Set<Digest>] = [:]
        /// What was found in the quarantine.
        var holdings: [StoragePath: Held] = [:]
        /// Holdings that have nothing of what these manifests name, though no look has met them yet: by the name, since when a link in it that
        /// is written to must have been in use when it was taken.
        var vouched: [String: Date] = [:]
    }

    /// The versions of a repository's directories of revisions; nil of one that is not there.
    struct Versions: Hashable, Sendable {
        /// That of `_manifests/revisions`: it changes with the algorithms below it.
        var top: UInt64?
        /// That of each algorithm's. A registry that makes a link lists its directory there after that, also where it is listed already.
        var algorithms: [String: UInt64?] = [:]
    }

    /// What a look remembers of one holding.
    struct Held: Sendable {
        let version: UInt64
        /// Whether it has anything that a push can need.
        let isOfUse: Bool
        /// A link in it that was written to since is a push's, which did not see that it was taken away.
        let cutoff: Date
        /// The links to manifests in it.
        let links: [Holding.Entry]
        /// False while it is being filled: what it names may still be at its place then.
        let isWhole: Bool
    }

    private struct State {
        var knowledge = Knowledge()
        /// The parts of the plan that restore by the mark, and have not done so yet: until then the quarantine has things that are needed.
        var awaited: Set<String> = []
        var broughtBack: [CollectionPlan.Item] = []
    }

    private let state: Mutex<State>

    /// One that knows nothing: its first look reads every manifest of the registry once.
    public init() {
        state = Mutex(State())
    }

    /// One that knows what a mark knows. `parts`: those of its plan.
    init(_ mark: CollectionMark, hasMoved: Bool, _ parts: [CollectionPlan.Part]) {
        var start = State()
        // Where references moved meanwhile, the mark is void.
        if !hasMoved {
            start.knowledge.manifests = mark.index.understood
            for quarantine in mark.index.quarantines {
                guard let note = quarantine.note, note.unlinked != nil else { continue }
                start.knowledge.vouched[quarantine.path.name] = RestoringLook.cutoff(note)
            }
            for part in parts where part.work.takes { start.knowledge.vouched[part.holding] = mark.reader.cutoff }
            start.awaited = Set(parts.lazy.filter { $0.work == .restore }.map(\.name))
        }
        state = Mutex(start)
    }

    /// Of a holding whose mark nobody remembers: that of the usual grace window.
    static func cutoff(_ note: Holding.Note) -> Date { note.begun.addingTimeInterval(-CollectionOptions().grace) }

    /// All that was brought back by looks until now.
    public var broughtBack: [CollectionPlan.Item] { state.withLock(\.broughtBack) }

    /// A part of the plan has restored what it was to restore.
    func restored(_ part: CollectionPlan.Part) { state.withLock { _ = $0.awaited.remove(part.name) } }

    /// What is known; nothing as long as something that is needed by the mark may still be in the quarantine.
    var knowledge: Knowledge { state.withLock { $0.awaited.isEmpty ? $0.knowledge : Knowledge() } }

    /// A look has restored this.
    func broughtBack(_ items: [CollectionPlan.Item]) { state.withLock { $0.broughtBack += items } }

    /// A look has ended, and all that it found is restored.
    func learn(_ knowledge: Knowledge) {
        state.withLock { state in
            state.knowledge = knowledge
            state.awaited = []
        }
    }
}

extension RestoringLook {
    /// Returns a plan that restores what pushes have come to need of the quarantine since the last
    /// look, and the knowledge that holds once it is done.
    func search(
        in context: ChangeContext, _ options: CollectionOptions
    ) async throws -> (plan: CollectionPlan, knowledge: Knowledge) {
        let policy = context.driver.policy
        let began = policy.now
        var search = RestoringSearch(registry: context.registry, knowledge: knowledge, began: began)
        let found = try await search.run()
        // A deleted pool answers "no such object" to everything.
        _ = try await context.registry.storage.objects.status()
        let parts = found.map { path, entries in
            CollectionPlan.Part(
                work: .restore, holding: path.name, since: nil, items: entries, emptiesDirectories: false)
        }
        let plan = CollectionPlan(
            parts: parts, markBegan: began, options: options, obstacles: [], pending: nil,
            impact: Impact(), notes: [], isProven: false, clock: policy.clock, look: self)
        return (plan, search.learnt)
    }
}
