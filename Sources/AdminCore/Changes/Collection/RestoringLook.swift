import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// Restores the content in the quarantine that pushes have needed since the last mark. A look takes
/// seconds, a mark minutes. A look never frees anything, and is no proof for freeing.
///
/// A registry may tell a push that it has a blob, before the blob is taken. The push ends with a
/// manifest that names the blob, and a link to the manifest among the revisions of its repository.
/// So a look lists the revisions of the repositories in which a link was made since the last look:
/// the version of that directory's object has changed. It reads the unknown manifests, at their
/// places or in the quarantine, and restores all content in the quarantine that they name. The
/// quarantine is otherwise unchanged until the next mark. For a manifest that cannot be understood,
/// the look restores everything that its repository links to, and the next look reads the manifest
/// again.
///
/// A holding that is unknown to the mark and that its run did not make belongs to another regtop,
/// which has made a mark of its own. Then the knowledge is dropped, and the next look reads
/// everything once.
///
/// Concurrency: may be shared; two looks at once do the same work twice.
public final class RestoringLook: Sendable {
    /// The knowledge that a look need not read again.
    struct Knowledge: Sendable {
        /// Manifests of which nothing is in the quarantine, neither they nor anything that they
        /// name.
        var manifests: Set<Digest> = []
        /// For each repository, the versions of its directories of revisions at which all their
        /// content was known.
        var versions: [RepositoryName: Versions] = [:]
        /// Revisions that could not be understood or are not there, and directories of revisions
        /// without a link: each look reads them.
        var unclear: [RepositoryName: Set<Digest>] = [:]
        /// The holdings in the quarantine.
        var holdings: [StoragePath: Held] = [:]
        /// Holdings that no look has read yet and that hold nothing that these manifests name: by
        /// name, with their `Held.cutoff`.
        var vouched: [String: Date] = [:]
    }

    /// The versions of a repository's directories of revisions; nil for a missing directory.
    struct Versions: Hashable, Sendable {
        /// The version of `_manifests/revisions`, which changes with the algorithms below it.
        var top: UInt64?
        /// The version of the directory of each algorithm. A registry that makes a link lists its
        /// directory there afterwards, even if it is listed already.
        var algorithms: [String: UInt64?] = [:]
    }

    /// The knowledge of one holding.
    struct Held: Sendable {
        let version: UInt64
        /// True if it holds anything that a push can need.
        let isOfUse: Bool
        /// A link that was written to after this time belongs to a push that did not see its
        /// removal.
        let cutoff: Date
        /// The links to manifests in it.
        let links: [Holding.Entry]
        /// False while it is being filled: its things may still be at their places.
        let isWhole: Bool
    }

    private struct State {
        var knowledge = Knowledge()
        /// The parts of the plan that restore by the mark and have not done so yet: until then the
        /// quarantine holds needed things.
        var awaited: Set<String> = []
        var broughtBack: [CollectionPlan.Item] = []
    }

    private let state: Mutex<State>

    /// A look without knowledge: it reads every manifest of the registry once.
    public init() {
        state = Mutex(State())
    }

    /// A look with the knowledge of a mark. `parts`: the parts of its plan.
    init(_ mark: CollectionMark, hasMoved: Bool, _ parts: [CollectionPlan.Part]) {
        var start = State()
        // If references moved meanwhile, the mark is void.
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

    /// The cutoff of a holding whose mark this process does not know, by the usual grace window.
    static func cutoff(_ note: Holding.Note) -> Date { note.begun.addingTimeInterval(-CollectionOptions().grace) }

    /// The things that looks have restored until now.
    public var broughtBack: [CollectionPlan.Item] { state.withLock(\.broughtBack) }

    /// Notes that a part of the plan has restored its things.
    func restored(_ part: CollectionPlan.Part) { state.withLock { _ = $0.awaited.remove(part.name) } }

    /// The knowledge; empty while the quarantine may still hold something that the mark needs.
    var knowledge: Knowledge { state.withLock { $0.awaited.isEmpty ? $0.knowledge : Knowledge() } }

    /// Notes that a look has restored these things.
    func broughtBack(_ items: [CollectionPlan.Item]) { state.withLock { $0.broughtBack += items } }

    /// Notes that a look has ended, and that everything that it found is restored.
    func learn(_ knowledge: Knowledge) {
        state.withLock { state in
            state.knowledge = knowledge
            state.awaited = []
        }
    }
}

extension RestoringLook {
    /// Returns a plan that restores the content in the quarantine that pushes have needed since the
    /// last look, and the knowledge that holds after the plan is executed.
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
            impact: Impact(), notes: [], youngBytes: 0, isProven: false, clock: policy.clock, look: self)
        return (plan, search.learnt)
    }
}
