import AdminCore

/// Deleting and moving, from the wish to the results: plan, question, execution, report. One frozen plan all the way.
struct ChangeFlow {
    let store: OpenStore
    /// On whose behalf.
    let screen: any Screen

    /// `skippingTrash`: for good. `hidden`: which of them a filter hides; the question says so.
    func remove(_ references: [ImageReference], skippingTrash: Bool = false, hidden: HiddenMarks = HiddenMarks())
        -> Effect
    {
        guard !references.isEmpty else { return .say(.info("Nothing of this can be deleted.")) }
        let planner = store.session.planner
        return plan("planning the deletion of \(Self.named(references))", hidden: hidden) { progress in
            try await planner.removal(of: references, skippingTrash: skippingTrash, progress: progress)
        }
    }

    /// Deletes what no rule of the configuration keeps, in all repositories that a rule is for.
    func applyPolicy() -> Effect {
        let policy: Retention
        do {
            policy = try store.settings.policy()
        } catch {
            return .failure(error)
        }
        let planner = store.session.planner
        return plan("planning by the rules of config.yml") { progress in
            let selection = try await planner.selection(by: policy, progress: progress)
            return try await SelectedRemoval.of(selection, planner, progress: progress)
        }
    }

    /// Asks whether what is to be said of the registries' caches is so, and ends by it what waits for that.
    func say(_ caches: CacheState) -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let waiting = store.pending.filter { $0.state == .watching }
        guard !waiting.isEmpty else { return .say(.info("No change waits for caches to be flushed.")) }
        let question =
            caches == .flushed
            ? "Are all registries restarted or flushed since then?"
            : "Is there no registry with a descriptor cache?"
        return .propose(
            Proposal(
                title: "Caches of registries", lines: waiting.map { Line($0.what) }, question: question, owner: screen
            ) {
                .apply(
                    .change(Slot(screen, "change"), "looking at \(HumanText.count(waiting.count, "name"))") { _ in
                        try await admin.recover(saying: caches).flatMap(\.notes)
                    } then: { [store] (result: Result<[String], any Error>) in
                        store.changed(Set(store.repositories ?? []))
                        switch result {
                        case .success(let notes):
                            let said = notes.first.map { "\($0)." } ?? "Nothing had been left out."
                            return .all([.say(.info(said)), .reappear, store.askPending])
                        case .failure(let error): return .all([.failure(error), .reappear, store.askPending])
                        }
                    })
            })
    }

    /// Asks for the new name first, beginning with the old one. `names`: what Tab completes to.
    func move(_ source: ImageReference, names: [String]) -> Effect {
        let planner = store.session.planner
        return .prompt(
            Prompt(
                label: "move \(source) to: ", text: source.description,
                complete: { Prompt.completed($0, names) }
            ) { text in
                let text = text.trimmingPrefix { $0 == " " }
                if text.isEmpty || text == source.description { return .say(.info("Nothing was changed.")) }
                guard let destination = ImageReference(String(text)) else {
                    return .say(.failure("\"\(text)\" is no name; write repository or repository:tag."))
                }
                return plan("planning the move of \(source)") { progress in
                    // The question says so if a tag is replaced.
                    try await planner.move(from: source, to: destination, force: true, progress: progress)
                }
            })
    }

    /// Makes a plan away from the console, shows it, asks, and does it. `hidden`: which of its targets a filter hides. `seen` gets the
    /// plan before the question.
    func plan<Shown: ShownPlan>(
        _ label: String, hidden: HiddenMarks = HiddenMarks(),
        _ make: @escaping @Sendable (@escaping ProgressHandler) async throws -> Shown,
        seen: @escaping (Shown) -> Void = { _ in }
    ) -> Effect {
        var plan: Shown?
        return .ask(
            .stream(Slot(screen, "plan"), label) { [admin = store.session.admin] (reporter: Reporter<Shown>) in
                // What was interrupted comes first: the registry may look different then.
                _ = try await admin?.settleJournal { reporter.progress(TaskProgress($0)) }
                reporter.emit(try await make { reporter.progress(TaskProgress($0)) })
            } fold: {
                plan = $0.last
            } end: { ending in
                switch ending {
                case .finished:
                    guard let plan else { return .none }
                    seen(plan)
                    return propose(plan, hidden: hidden)
                case .cancelled: return .say(.info("Nothing was changed."))
                case .failed(let error): return .failure(error)
                }
            })
    }

    private func propose(_ plan: some ShownPlan, hidden: HiddenMarks) -> Effect {
        let words = PlanWords(plan)
        if plan.targetNames.isEmpty, let obstacle = (plan as? CollectionPlan)?.obstacles.first {
            return .say(.failure("Nothing is freed or taken: \(obstacle)"))
        }
        guard !plan.targetNames.isEmpty else {
            return .say(.info(plan.notes.first.map { "Nothing to do: \($0)." } ?? "There is nothing to do."))
        }
        return .propose(
            Proposal(
                title: words.title, lines: warning(hidden) + words.lines.flatMap(\.rows).map { Line($0) },
                question: words.question, typed: words.typed, owner: screen
            ) { apply(plan) })
    }

    /// Counted and named, as far as a person reads.
    private func warning(_ hidden: HiddenMarks) -> [Line] {
        guard !hidden.names.isEmpty else { return [] }
        let most = 50
        let more = hidden.names.count > most ? ", and \(HumanText.count(hidden.names.count - most)) more" : ""
        let names = hidden.names.prefix(most).joined(separator: ", ") + more
        return [
            Line("\(HumanText.count(hidden.names.count)) of the marked rows hidden by the filter: ", .bad)
                + Line(names, .bad)
        ]
    }

    private func apply(_ plan: some ShownPlan) -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let words = PlanWords(plan)
        return .apply(
            .change(Slot(screen, "change"), words.label) { progress in
                await admin.apply(plan) { progress(TaskProgress($0)) }
            } then: { [store] (result: Result<[ChangeResult], any Error>) in
                // Whatever happened, it may have happened: what is shown is read again.
                store.changed(words.plan.repositories ?? Set(store.repositories ?? []))
                switch result {
                case .success(let results):
                    store.noteTrash(results)
                    return .all([report(results, words), .reappear, store.askPending])
                case .failure(let error): return .all([.failure(error), .reappear, store.askPending])
                }
            })
    }

    /// In the status line what fits there; on a screen of its own as soon as one target is not done, or there is more to be said, and
    /// always of a collection.
    private func report(_ results: [ChangeResult], _ words: PlanWords) -> Effect {
        var effects: [Effect] = []
        let done = results.count { $0.outcome == .done }
        let all = done == results.count
        if all {
            effects.append(.say(.info(words.done + (results.contains { $0.trash != nil } ? " u restores it." : ""))))
        } else {
            let first = results.first { $0.outcome != .done }
            let why = first?.error.map { ": \($0)" } ?? ""
            effects.append(.say(.failure("\(done) of \(results.count) done\(why)")))
        }
        if !all || words.plan.action == .collect || results.contains(where: { !$0.notes.isEmpty }) {
            effects.insert(.go(ResultsScreen(store, words, results)), at: 0)
        }
        if let denied = results.first(where: { $0.kind == .permissionDenied }) {
            effects.append(.turnReadOnly(reason: denied.error ?? "the store does not let this client write"))
        }
        return .all(effects)
    }

    private static func named(_ references: [ImageReference]) -> String {
        guard references.count == 1, let one = references.first else { return "\(references.count) targets" }
        return one.description
    }
}
