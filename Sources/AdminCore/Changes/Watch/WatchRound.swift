import Inspection
import ObjectStore
import Registry
import StorageDriver
import Foundation

/// One look at the names of all watches in the journal (docs/safety.md#watch): writes the links
/// that pushes left out, and removes the layer links of a name of which nothing else is left.
struct WatchRound: Sendable {
    let context: ChangeContext

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Looks once at every name.
    /// - Parameter word: The state of the caches, as the operator states it now. A watch that waits
    ///   for this statement then lasts for one more delay, or ends if the delay is over.
    /// - Throws: Errors of reading the journal. The next run repeats a failed look.
    func look(saying word: CacheState = .unknown) async throws -> [Recovery] {
        let entries = try await driver.journal.entries().filter { $0.intent?.head.kind == .watch }
        return try await concurrentMap(entries, window: driver.reader.window) { entry in
            var change = entry.pending(driver.policy)
            do {
                change = try await driver.reader.pending(entry, driver.policy)
                let (outcome, notes) = try await look(entry, change.state, word)
                return Recovery(change: change, outcome: outcome, error: nil, notes: notes, kind: nil)
            } catch {
                let kind = (error as? StoreError)?.kind
                return Recovery(change: change, outcome: .left, error: "\(error)", notes: [], kind: kind)
            }
        }
    }

    private func look(
        _ entry: Journal.Entry, _ state: PendingChange.State, _ word: CacheState
    ) async throws -> (Recovery.Outcome, [String]) {
        guard let intent = entry.intent, case .watch(let watch) = intent.body,
            let name = paths.repository(at: watch.place)
        else { return (.left, []) }
        let journal = driver.journal
        switch state {
        case .inProgress, .unreadable, .interrupted: return (.left, [])
        case .gone:
            return (try await journal.remove(entry.id, entry.value, entry.keys, of: watch.place) ? .dropped : .left, [])
        case .waiting: return (.left, [])
        case .watching, .due: break
        }
        var notes = try await complete(watch, name, since: intent.head.begun, isLast: state == .due)
        var head = intent.head
        if word != .unknown { head.caches = word.rawValue }
        // A change that takes links away writes its own watch, which continues this one.
        if !watch.keepsLinks { notes += try await removeRemains(of: name, head.caches) }
        if state == .due {
            try await journal.remove(entry.id, entry.value, entry.keys, of: watch.place)
            return (.checked, notes)
        }
        guard word != .unknown else { return (.watched, notes) }
        let end = head.due ?? head.begun.addingTimeInterval(driver.policy.delay)
        let due = word == .flushed ? driver.policy.now.addingTimeInterval(driver.policy.delay) : end
        if due <= driver.policy.now {
            try await journal.remove(entry.id, entry.value, entry.keys, of: watch.place)
            return (.checked, notes)
        }
        head.state = .settled
        head.owner = nil
        head.due = Date(timeIntervalSince1970: due.timeIntervalSince1970.rounded(.up))
        let isMine = try await journal.exchange(entry.id, entry.value, for: Intent.encode(head), of: watch.place)
        return (isMine ? .watched : .left, notes)
    }

    private func complete(
        _ watch: Intent.Watch, _ name: RepositoryName, since begun: Date, isLast: Bool
    ) async throws -> [String] {
        let completion = LinkCompletion(context: context)
        var notes = try await completion.complete(
            name, allManifests: true, moved: try await moved(watch, from: name, since: begun))
        // A push may have written into the link of a tag after the link was moved: then the tag is
        // at its new name, and its manifest here.
        if isLast, let counterpart = watch.counterpart, counterpart.isBelow(paths.repositories),
            let other = paths.repository(at: counterpart)
        {
            notes += try await completion.complete(other, allManifests: true) {
                [registry = context.registry] digest, _ in
                try await registry.heldSignatures(of: digest, in: name)
            }
        }
        return notes
    }

    /// The manifests in the counterpart of a watch, each with its signatures. If there is no
    /// counterpart, a tag counts that was written after the change began.
    private func moved(
        _ watch: Intent.Watch, from name: RepositoryName, since begun: Date
    ) async throws -> LeftOutLinks.Moved {
        guard let counterpart = watch.counterpart else {
            return { _, tagged in tagged.map { $0 >= begun } ?? false ? [] : nil }
        }
        if counterpart.isBelow(paths.repositories) {
            let other = paths.repository(at: counterpart)
            return { [registry = context.registry] digest, _ in
                guard let other else { return nil }
                return try await registry.heldSignatures(of: digest, in: other)
            }
        }
        let entries = try await driver.reader.holding(counterpart)?.entries ?? []
        let revisions = paths.signatures(among: entries.map(\.origin))
        return { digest, _ in revisions[digest] }
    }

    /// Takes the rest of a name to the trash if it consists of old links to layers only: catalogues
    /// show this name, and no client can pull from it.
    private func removeRemains(of name: RepositoryName, _ caches: String?) async throws -> [String] {
        let own = paths.ownDirectories(name)
        let files = try await concurrentMap(own, window: own.count) { [driver] directory in
            try await driver.reader.walkIfThere(directory) ?? []
        }.joined().compactMap(\.file)
        guard !files.isEmpty, files.allSatisfy({ paths.stage(of: $0.path) == .layers }) else { return [] }
        let repair = Repair.trashDirectories(own)
        let problem = Problem(
            kind: .emptyRepository, severity: .waste, path: paths.repository(name),
            object: StorageReader.directory(paths.repository(name)),
            detail: "Only links to layers are left of \(name).", repair: repair)
        let target = RepairPlan.Target(
            problem: problem, repair: repair,
            files: files.map { Repair.TrashedFile(path: $0.path, blob: $0.blob) }.sorted { $0.path < $1.path })
        let delay = driver.policy.delay
        guard try await DamageCheck(context: context, grace: delay).isStillDamaged(target) else { return [] }
        var context = context
        if let known = caches.flatMap(CacheState.init), known == .none { context.driver.policy.caches = known }
        let plan = RepairPlan(targets: [target], impact: Impact(), room: 0, superseded: 0, notes: [], grace: delay)
        let results = await PlanExecution(context: context).run(plan)
        guard results.allSatisfy({ $0.outcome == .done }) else { return [] }
        return ["the layer links that pushes had left of \(name) are in the trash"]
    }
}
