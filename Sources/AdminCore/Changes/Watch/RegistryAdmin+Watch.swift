import Foundation

/// What a change that takes links away from a repository leaves behind: a look at its end, and a watch in the journal
/// (docs/safety.md#watch).
///
/// A registry with a descriptor cache takes a layer for linked in a repository until it is restarted. It writes no
/// link for a push that comes after the link has gone. No order closes that; so whoever comes next completes the
/// links, until somebody says that the caches were flushed after the change, or that there are none, and once more
/// when no push can be under way that began before.
extension RegistryAdmin {
    /// Makes a change that takes the links of layers away from repositories: with a watch for each of them in the
    /// journal, before anything is touched. `counterpart`: where its links are afterwards.
    func watching<Value>(
        _ names: some Collection<RepositoryName>, counterpart: StoragePath?, keepsLinks: Bool = false,
        _ body: () async throws -> Value
    ) async throws -> Value {
        // Where no registry is writing, none comes back later with what it remembers: that is what was said.
        guard driver.policy.delay > 0, !names.isEmpty else { return try await body() }
        var watches: [OpenIntent] = []
        do {
            for name in names.sorted() {
                let watch = Intent.Watch(
                    place: paths.repository(name), counterpart: counterpart, keepsLinks: keepsLinks)
                watches.append(try await driver.journal.begin(.watch(watch), what(watch, name)))
            }
            let value = try await body()
            for watch in watches { try await settle(watch, keepsLinks: keepsLinks) }
            return value
        } catch StorageError.alreadyExists(let path) {
            // Nothing was touched.
            for watch in watches { try await watch.end() }
            throw StorageError.alreadyExists(path)
        } catch {
            // Whatever was done, looking does no harm.
            for watch in watches { await watch.release() }
            throw error
        }
    }

    private func what(_ watch: Intent.Watch, _ name: RepositoryName) -> String {
        guard let counterpart = watch.counterpart else { return "links removed from \(name)" }
        guard counterpart.isBelow(paths.repositories) else { return "links taken from \(name) to the trash" }
        let other = counterpart.components.dropFirst(paths.repositories.components.count).joined(separator: "/")
        return "links moved from \(name) to \(other)"
    }

    private func settle(_ watch: OpenIntent, keepsLinks: Bool) async throws {
        let policy = driver.policy
        // Links that stay are what a cache remembers.
        let isOpen = policy.caches == .unknown && !keepsLinks
        _ = try await watch.settle(
            as: isOpen ? .watching : .settled, after: policy.delay, caches: policy.caches)
        // An older watch of the same name has nothing more to say, once its own delay is over.
        let new = await watch.intent
        for entry in try await driver.journal.entries() where entry.id != new.id {
            guard case .watch(let old)? = entry.intent?.body, old.place == new.place, let head = entry.intent?.head,
                head.owner == nil, let due = head.due, due <= policy.now
            else { continue }
            try await driver.journal.remove(entry.id, entry.value, entry.keys, of: old.place)
        }
    }

    // MARK: - The end of a change

    /// The last look of a change (docs/safety.md#last-look): a tag that appeared meanwhile, and names a manifest that
    /// went, gets its links at the source as well. `handling`: whether links to layers are written again at the
    /// source. Gives notes; what fails is one of them, since the change is done.
    func lookBack(at target: ChangePlan.Target, _ handling: RepositoryHandling) async throws -> [String] {
        let name = target.reference.repository
        var notes: [String] = []
        do {
            if target.links.contains(where: { paths.stage(of: $0.path) == .revisions }) {
                // Where the layer links go as well, whatever is there now was pushed meanwhile, and may rest on links
                // that have gone.
                notes += try await completeLinks(
                    of: name, allManifests: !target.layerNames.isEmpty, moved: moved(by: target))
            }
            if handling.keepsLayerLinks { try await linkLayersAgain(target) }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            notes.append("\(name) could not be looked at once more: \(error); regtop recover does that")
        }
        if driver.policy.delay > 0, driver.policy.caches == .unknown, !handling.keepsLayerLinks,
            !target.layerNames.isEmpty
        {
            notes.append(CacheState.afterwards)
        }
        return notes
    }

    /// Writes the links to layers that a target had anew, where they were: a registry whose cache remembers them is
    /// right then.
    private func linkLayersAgain(_ target: ChangePlan.Target) async throws {
        _ = try await driver.writer.each(target.links.filter { paths.file(at: $0.path)?.isLayerLink ?? false }) {
            link in
            let text = try await driver.reader.content(of: link.blob, at: link.path, limit: RegistryReader.linkLimit)
            guard LinkText(text) != nil, try await driver.reader.entry(link.path) == nil else { return }
            try await driver.putContent(link.path, text)
        }
    }

    /// The same for a repository that comes back from the trash: a push may have written into the link of a tag after
    /// that had gone there. Its manifest, and links to layers, are at the name that it was deleted from.
    func completeRestored(_ entries: [Holding.Entry], from origin: RepositoryName?) async throws -> [String] {
        guard let origin, let name = entries.lazy.compactMap({ paths.repositoryName(of: $0.origin) }).first else {
            return []
        }
        return try await completeLinks(of: name, allManifests: true) { [registry] digest, _ in
            try await registry.heldSignatures(of: digest, in: origin)
        }
    }

    // MARK: - Looking

    /// Writes the links that pushes to a repository left out. Gives a sentence about them, none if there were none.
    func completeLinks(
        of name: RepositoryName, allManifests: Bool, moved: LeftOutLinks.Moved
    ) async throws -> [String] {
        let finding = try await LeftOutLinks(registry: registry, name: name).find(
            allManifests: allManifests, moved: moved)
        guard !finding.repairs.isEmpty else { return [] }
        let plan = RepairPlan(targets: finding.repairs, impact: Impact(), notes: [], grace: driver.policy.delay)
        let results = await carryOut(plan)
        var notes: [String] = []
        let written = results.count { $0.outcome == .done }
        if written > 0 {
            notes.append(
                finding.tags.isEmpty
                    ? "\(name) has got \(count(written, "link")) that pushes to it had left out"
                    : "\(tags(finding.tags, of: name)) pushed meanwhile and \(finding.tags.count == 1 ? "names" : "name") what had gone: "
                        + "\(name) holds it again as well (\(count(written, "link")) written)")
        }
        if let failed = results.first(where: { $0.outcome == .unknown || $0.outcome == .failed && $0.kind != nil }) {
            notes.append("\(name) lacks links still: \(failed.error ?? failed.target); regtop recover looks again")
        }
        return notes
    }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private func tags(_ tags: [String], of name: RepositoryName) -> String {
        let shown = tags.prefix(3).map { "\(name):\($0)" }.joined(separator: ", ")
        if tags.count == 1 { return "\(shown) was" }
        return tags.count > 3 ? "\(shown) and \(tags.count - 3) more tags were" : "\(shown) were"
    }

    /// The manifests that a target takes away, each with its signatures: for the look at the end of the change.
    func moved(by target: ChangePlan.Target) -> LeftOutLinks.Moved {
        var revisions: [Digest: [Digest]] = [:]
        for link in target.links {
            switch paths.file(at: link.path) {
            case .revision(let digest): revisions[digest, default: []] += []
            case .signature(let signature, of: let digest): revisions[digest, default: []].append(signature)
            default: break
            }
        }
        return { [revisions] digest, _ in revisions[digest] }
    }

    /// The same of what lies in a watch's counterpart now. A tag that was written after the change began counts where
    /// nobody knows.
    private func moved(_ watch: Intent.Watch, from name: RepositoryName, since begun: Date) async throws
        -> LeftOutLinks.Moved
    {
        guard let counterpart = watch.counterpart else {
            return { _, tagged in tagged.map { $0 >= begun } ?? false ? [] : nil }
        }
        if counterpart.isBelow(paths.repositories) {
            let other = paths.repositoryName(of: counterpart.appending(.literal("_layers")))
            return { [registry] digest, _ in
                guard let other else { return nil }
                return try await registry.heldSignatures(of: digest, in: other)
            }
        }
        var revisions: [Digest: [Digest]] = [:]
        for entry in try await driver.reader.holding(counterpart)?.entries ?? [] {
            switch paths.file(at: entry.origin) {
            case .revision(let digest): revisions[digest, default: []] += []
            case .signature(let signature, of: let digest): revisions[digest, default: []].append(signature)
            default: break
            }
        }
        return { [revisions] digest, _ in revisions[digest] }
    }

    /// Looks at the names of all watches in the journal: writes the links that pushes left out, and clears away what
    /// a push left of a name that has gone. `saying`: what is known by now of the registries' caches; a watch that
    /// waits for it lasts for one more delay then, or ends where that is over. Never throws once the journal was
    /// read: a look that fails is made again by whoever comes next.
    func lookAtWatches(saying word: CacheState = .unknown) async throws -> [Recovery] {
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

    /// Looks at the names of all watches, and says in a sentence each what was written there.
    public func completeWatchedLinks() async throws -> [String] {
        try await lookAtWatches().flatMap(\.notes)
    }

    private func look(
        _ entry: Journal.Entry, _ state: PendingChange.State, _ word: CacheState
    ) async throws -> (Recovery.Outcome, [String]) {
        guard let intent = entry.intent, case .watch(let watch) = intent.body,
            let name = paths.repositoryName(of: watch.place.appending(.literal("_layers")))
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
        // Whatever takes links away leaves a watch of its own, in which this one goes on.
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
        var notes = try await completeLinks(
            of: name, allManifests: true, moved: try await moved(watch, from: name, since: begun))
        // A push may have written into the link of a tag after that had gone: then the tag is at its new name, and
        // its manifest here.
        if isLast, let counterpart = watch.counterpart, counterpart.isBelow(paths.repositories),
            let other = paths.repositoryName(of: counterpart.appending(.literal("_layers")))
        {
            notes += try await completeLinks(of: other, allManifests: true) { [registry] digest, _ in
                try await registry.heldSignatures(of: digest, in: name)
            }
        }
        return notes
    }

    /// Takes to the trash what is left of a name where nothing but links to layers is, and all of these are old:
    /// catalogues show it, and nobody can pull it.
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
        guard try await isStillDamaged(target, driver.policy.delay) else { return [] }
        var admin = self
        if let known = caches.flatMap(CacheState.init), known == .none { admin.driver.policy.caches = known }
        let plan = RepairPlan(targets: [target], impact: Impact(), notes: [], grace: driver.policy.delay)
        let results = await admin.carryOut(plan)
        guard results.allSatisfy({ $0.outcome == .done }) else { return [] }
        return ["what pushes had left of \(name), links to layers only, is in the trash"]
    }
}

extension RegistryReader {
    /// The signatures of a manifest that a repository holds; nil if it does not.
    func heldSignatures(of digest: Digest, in name: RepositoryName) async throws -> [Digest]? {
        let revision = paths.revision(name, digest)
        guard try await storage.entry(revision.appending(.literal("link"))) != nil else { return nil }
        return try await digests(below: revision.appending(.literal("signatures"))) ?? []
    }
}

extension CacheState {
    /// What an operator has to do after a change that took layer links away, where nothing is known of caches.
    static let afterwards =
        "now restart every registry, or flush its descriptor cache, and run `regtop recover --cache-flushed` (`--no-cache` if none has one); until "
        + "then regtop looks at this name with each run, and writes the links that pushes leave out"
}
