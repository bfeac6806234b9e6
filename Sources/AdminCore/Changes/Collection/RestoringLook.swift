import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// Restores what pushes have come to need of the quarantine since the last mark: in seconds, where
/// a mark takes minutes. It never frees anything, and authorises nobody to.
///
/// A push that was told that the registry has a blob, before that was taken, ends with a manifest
/// that names it, and a link to that manifest among the revisions of its repository. So a look
/// lists the revisions of the repositories in which a link was made since the last look (the object
/// of that directory has another version then). It reads the manifests that it does not know, at
/// their places or in the quarantine, and restores whatever they name and the quarantine has.
/// Everything else stays as the mark has left it, until the next mark begins with a knowledge of
/// its own. A manifest that cannot be understood brings back everything that its repository links
/// to, and is looked at again.
///
/// A holding that neither the mark has seen nor its run has made is that of another regtop, taken
/// by a mark of its own: then nothing is known any more, and the next look reads everything once.
///
/// Concurrency: may be shared; two looks at once do the same work twice.
public final class RestoringLook: Sendable {
    /// The knowledge that a look need not read again.
    struct Knowledge: Sendable {
        /// Manifests with all that they name: none of it is in the quarantine.
        var manifests: Set<Digest> = []
        /// By repository, the versions of the directories of revisions at which everything in them
        /// was known.
        var versions: [RepositoryName: Versions] = [:]
        /// Revisions that could not be understood or are not there, and directories of revisions
        /// without a link: to be looked at each time.
        var unclear: [RepositoryName: Set<Digest>] = [:]
        /// The holdings in the quarantine.
        var holdings: [StoragePath: Held] = [:]
        /// Holdings that have nothing that these manifests name, though no look has met them yet:
        /// by name, with the time since which a link that is written to was in use when it was
        /// taken.
        var vouched: [String: Date] = [:]
    }

    /// The versions of a repository's directories of revisions; nil of one that is not there.
    struct Versions: Hashable, Sendable {
        /// The version of `_manifests/revisions`, which changes with the algorithms below it.
        var top: UInt64?
        /// The version of the directory of each algorithm. A registry that makes a link lists its
        /// directory there afterwards, also where it is listed already.
        var algorithms: [String: UInt64?] = [:]
    }

    /// The knowledge of one holding.
    struct Held: Sendable {
        let version: UInt64
        /// True if it has anything that a push can need.
        let isOfUse: Bool
        /// A link that was written to since belongs to a push that did not see that it was taken
        /// away.
        let cutoff: Date
        /// The links to manifests in it.
        let links: [Holding.Entry]
        /// False while it is being filled: things that it names may still be at their places then.
        let isWhole: Bool
    }

    private struct State {
        var knowledge = Knowledge()
        /// The parts of the plan that restore by the mark and have not done so yet: until then
        /// needed things are in the quarantine.
        var awaited: Set<String> = []
        var broughtBack: [CollectionPlan.Item] = []
    }

    private let state: Mutex<State>

    /// A look that knows nothing: it reads every manifest of the registry once.
    public init() {
        state = Mutex(State())
    }

    /// A look that knows what a mark knows. `parts`: those of its plan.
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

    /// The cutoff of a holding whose mark nobody remembers, by the usual grace window.
    static func cutoff(_ note: Holding.Note) -> Date { note.begun.addingTimeInterval(-CollectionOptions().grace) }

    /// The things that looks have brought back until now.
    public var broughtBack: [CollectionPlan.Item] { state.withLock(\.broughtBack) }

    /// Notes that a part of the plan has restored its things.
    func restored(_ part: CollectionPlan.Part) { state.withLock { _ = $0.awaited.remove(part.name) } }

    /// The knowledge; none as long as something that the mark needs may still be in the quarantine.
    var knowledge: Knowledge { state.withLock { $0.awaited.isEmpty ? $0.knowledge : Knowledge() } }

    /// Notes that a look has restored these things.
    func broughtBack(_ items: [CollectionPlan.Item]) { state.withLock { $0.broughtBack += items } }

    /// Notes that a look has ended, and that all that it found is restored.
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
