/// The changing half of the registry. A session that is read-only has none.
///
/// Concurrency: a value; guards decide between two admins, or an admin and a registry that is being pushed to.
public struct RegistryAdmin: Sendable {
    /// The tree, with the right to change it.
    var driver: StorageDriver
    /// The registry to be changed.
    public let registry: RegistryReader
    /// Who changes it.
    public let by: Operator

    /// An admin of `registry`, whose changes go through `driver`.
    init(registry: RegistryReader, driver: StorageDriver, by: Operator = .current()) {
        self.registry = registry
        self.driver = driver
        self.by = by
    }

    var paths: RegistryPaths { registry.paths }

    /// Executes a plan, target by target, and says how each ended, in the plan's order. Never throws: when the task is cancelled, or a
    /// target fails for a reason that concerns all (no permission, no space, no answer), the rest is `skipped`.
    ///
    /// The log in the pool has a record before the first step, and what became of it behind the last. Where it cannot be written the
    /// change goes on, and a note says so.
    public func apply(_ plan: some Plan, progress: ProgressHandler? = nil) async -> [ChangeResult] {
        let (stopped, kind) = await readiness()
        guard stopped == nil, !plan.targetNames.isEmpty else {
            return await execute(plan, stopped, kind, progress)
        }
        return await carryOut(plan, progress: progress)
    }

    /// The same without a look at the journal: for what is done on the way to another change.
    func carryOut(_ plan: some Plan, progress: ProgressHandler? = nil) async -> [ChangeResult] {
        let log = AuditLog(driver: driver)
        let record = await log.begin(plan, by: by)
        let results = await execute(plan, nil, nil, progress)
        // In a task of its own: what was done is written down also if the caller was cancelled meanwhile.
        let trouble = await Task { await log.end(record, results) }.value
        return trouble.map { results.noting($0) } ?? results
    }

    private func execute(
        _ plan: some Plan, _ stopped: String?, _ kind: StoreError.Kind?, _ progress: ProgressHandler?
    ) async -> [ChangeResult] {
        var results: [ChangeResult] = []
        var (stopped, kind) = (stopped, kind)
        for step in plan.steps(with: self, progress: progress) {
            if Task.isCancelled, stopped == nil { stopped = "it was cancelled before it began" }
            if let stopped {
                results.append(ChangeResult(target: step.name, outcome: .skipped, error: stopped, kind: kind))
                continue
            }
            do {
                results.append(
                    ChangeResult(target: step.name, outcome: .done, notes: try await step.work(), trash: step.trash))
            } catch StorageError.outcomeUnknown(let path, let error) {
                let error = StorageError.outcomeUnknown(path, error).description
                results.append(ChangeResult(target: step.name, outcome: .unknown, error: error))
                stopped = "not begun: the outcome before is unknown"
            } catch {
                let storeError = (error as? StoreError) ?? (error as? ChangeError)?.storeError
                kind = storeError?.kind
                results.append(ChangeResult(target: step.name, outcome: .failed, error: "\(error)", kind: kind))
                if storeError != nil || error is CancellationError { stopped = "not begun: \(error)" }
            }
        }
        return results
    }

    /// Takes back or ends what is in the journal: `StorageDriver.recover`. What was noted of content that is gone is dropped as well.
    /// `saying`: what is known by now of the registries' caches, for all watches in the journal (`lookAtWatches`).
    public func recover(
        saying caches: CacheState = .unknown, progress: ProgressHandler? = nil
    ) async throws -> [Recovery] {
        let recoveries = try await takeUp(progress)
        return recoveries + (try await lookAtWatches(saying: caches))
    }

    /// The same but for the watches.
    private func takeUp(_ progress: ProgressHandler?) async throws -> [Recovery] {
        let recoveries = try await driver.recover(progress: progress)
        let gone = try await SurplusNotes(driver: driver).removeGone(paths)
        if gone == 0 { return recoveries }
        let notes = PendingChange(
            id: SurplusNotes.object.name.description, what: "notes of \(gone) blobs with chunks behind their end",
            begun: nil,
            state: .gone)
        return recoveries + [Recovery(change: notes, outcome: .dropped, error: nil, notes: [], kind: nil)]
    }

    /// Takes back or ends what is in the journal, and says in a sentence each what was done. To be called before a change is planned, since
    /// the registry may look different then. Watches are looked at. Throws `StorageError.journal` if something stays that forbids every change.
    public func settleJournal(progress: ProgressHandler? = nil) async throws -> [String] {
        try sentences(about: await takeUp(progress)) + sentences(about: await lookAtWatches())
    }

    private func sentences(about recoveries: [Recovery]) throws -> [String] {
        var sentences: [String] = []
        for recovery in recoveries {
            let what = recovery.change.what
            switch recovery.outcome {
            case .undone: sentences.append("a change that was interrupted is taken back: \(what)")
            case .finished: sentences.append("a change that was interrupted is ended: \(what)")
            case .dropped:
                sentences.append(
                    "this is dropped, as all that it speaks of is gone (the pool was emptied since): \(what)")
            case .checked, .watched, .left: break
            case .failed, .unknown:
                throw StorageError.journal("\(what): \(recovery.error ?? "it could not be ended")")
            }
            sentences += recovery.notes
        }
        return sentences
    }

    /// Why a plan cannot be executed now; nil if it can. What another regtop left half-way since the plan was made comes first; links that a
    /// watch completes change no plan.
    private func readiness() async -> (reason: String?, kind: StoreError.Kind?) {
        do {
            let done = try sentences(about: await takeUp(nil))
            guard !done.isEmpty else { return (nil, nil) }
            return ("not begun: \(done.joined(separator: "; ")); the plan is older than that", nil)
        } catch {
            return ("not begun: \(error)", (error as? StoreError)?.kind)
        }
    }

    /// The same for a target.
    func clearUp(_ target: ChangePlan.Target) async throws -> Remains {
        try await clearUp(target.directories, below: paths.repositories)
    }

    /// What still lies below the directories of a target: files, and directories with an entry that is none of the driver's, which nothing
    /// removes. Prunes what is empty there, and above.
    func clearUp(_ directories: [StoragePath], below floor: StoragePath) async throws -> Remains {
        let directories = Set(directories)
        let roots = directories.filter { !directories.contains($0.parent) }
        let found = try await concurrentMap(roots, window: driver.reader.window) { root in
            try await driver.reader.walkIfThere(root) ?? []
        }.flatMap(\.self)
        let pruned = try await driver.pruner.prune(directories.union(found.compactMap(\.subdirectory)), below: floor)
        let unruly = found.filter { $0.path == nil }.map(\.directory)
        return Remains(
            files: found.compactMap(\.file?.path).sorted(), unruly: Set(unruly).sorted(), isPruned: pruned != nil)
    }

    /// Throws `ChangeError.changed` if there are links that a plan wanted to change and could not, `.gone` if all of them have left their
    /// places meanwhile.
    func refuse(_ links: Set<StoragePath>) async throws {
        guard let first = links.min() else { return }
        let there = try await driver.writer.each(links.sorted()) { path in
            try await driver.reader.value(at: path) == nil ? nil : path
        }.compactMap(\.self)
        guard let stays = there.min() else { throw ChangeError.gone(first, count: links.count) }
        throw ChangeError.changed(stays, count: there.count)
    }

    /// What is to be said of planned links that somebody else changed or removed meanwhile, after a change of all others. A repository has gone
    /// all the same: what was pushed to it anew stays, and is named. Throws as `refuse` does where the target is less than a repository, or
    /// nothing of it was changed.
    func staying(_ links: Set<StoragePath>, of target: ChangePlan.Target) async throws -> [String] {
        guard case .repository = target.reference.selector, links.count < target.links.count else {
            try await refuse(links)
            return []
        }
        let there = try await driver.writer.each(links.sorted()) { path in
            try await driver.reader.value(at: path) == nil ? nil : path
        }.compactMap(\.self)
        var notes: [String] = []
        if let first = there.first {
            notes.append(
                there.count == 1
                    ? "\(first) was written anew meanwhile and stays"
                    : "\(there.count) links were written anew meanwhile and stay, \(first) among them")
        }
        let gone = links.subtracting(there)
        if let first = gone.min() {
            notes.append(
                gone.count == 1
                    ? "\(first) was moved or removed by somebody else meanwhile"
                    : "\(gone.count) links were moved or removed by somebody else meanwhile, \(first) among them")
        }
        return notes
    }

    /// What is left where a target was.
    struct Remains: Sendable {
        /// Files: the plan's, if they could not be changed, and what appeared meanwhile.
        let files: [StoragePath]
        /// Directories with an entry that is none of the driver's.
        let unruly: [StoragePath]
        /// False if emptied directories stay.
        let isPruned: Bool

        /// A sentence about each.
        func notes(_ paths: RegistryPaths) -> [String] {
            var notes = unruly.map { "\($0) stays, with an entry that breaks the driver's rules; `regtop ls` shows it" }
            if !isPruned {
                notes.append(
                    "the emptied directories stay, since the pool is full; once there is space, the same command removes them"
                )
            }
            let uploads = files.compactMap { paths.file(at: $0)?.uploadDirectory }.uniqued()
            if let first = uploads.first {
                notes.append(
                    uploads.count == 1
                        ? "an upload in progress stays where its client writes it, \(first)"
                        : "\(uploads.count) uploads in progress stay where their clients write them, \(first) among them"
                )
            }
            let links = files.filter { paths.file(at: $0)?.isUpload != true }
            if let first = links.first {
                let end =
                    links.allSatisfy { paths.file(at: $0)?.isLayerLink ?? false }
                    ? "; catalogues show a repository that has layer links only, and regtop takes them away when no push can need them any more"
                    : ""
                notes.append(
                    links.count == 1
                        ? "\(first) appeared meanwhile and stays\(end)"
                        : "\(links.count) links appeared meanwhile and stay, \(first) among them\(end)")
            }
            return notes
        }
    }

    /// The digest that a link says now; nil if it cannot be read as one.
    func digest(in blob: BlobIdentifier, at path: StoragePath) async throws -> Digest? {
        do {
            let bytes = try await driver.reader.content(of: blob, at: path, limit: 1024)
            return LinkText(bytes)?.digest
        } catch is StorageError {
            return nil
        }
    }
}

extension [ChangeResult] {
    /// With a note at the first one that is done.
    fileprivate func noting(_ note: String) -> [ChangeResult] {
        guard let index = firstIndex(where: { $0.outcome == .done }) else { return self }
        var results = self
        let result = results[index]
        results[index] = ChangeResult(
            target: result.target, outcome: result.outcome, error: result.error, kind: result.kind,
            notes: result.notes + [note], trash: result.trash)
        return results
    }
}
