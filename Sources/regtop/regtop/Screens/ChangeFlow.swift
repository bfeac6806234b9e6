import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// A change from the key to its results: plan, question, execution, report, all with the same plan.
struct ChangeFlow {
    let store: OpenStore
    /// The screen on which the change begins.
    let screen: any Screen

    /// Deletes repositories, tags or manifests.
    ///
    /// - Parameters:
    ///   - skippingTrash: Whether the deletion is permanent.
    ///   - hidden: The targets that a filter hides; the question lists them.
    func remove(_ references: [ImageReference], skippingTrash: Bool = false, hidden: HiddenMarks = HiddenMarks())
        -> Effect
    {
        guard !references.isEmpty else { return .say(.info("None of these rows can be deleted.")) }
        let planner = store.session.planner
        return plan("planning the deletion of \(Self.named(references))", hidden: hidden) { progress in
            try await planner.removal(of: references, skippingTrash: skippingTrash, progress: progress)
        }
    }

    /// Deletes the tags that no rule of the configuration keeps, in all repositories with a rule.
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

    /// Asks whether a statement about the caches of the registries is true, and completes the
    /// changes that wait for it.
    func say(_ caches: CacheState) -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let waiting = store.pending.filter { $0.state == .watching }
        guard !waiting.isEmpty else { return .say(.info("No change waits for caches to be flushed.")) }
        let question =
            caches == .flushed
            ? "Were all registries restarted or flushed since then?"
            : "Does no registry use a blob descriptor cache?"
        return recover(waiting, title: "Caches of registries", question: question, saying: caches, admin)
    }

    /// Asks, and then undoes or finishes what is left of changes.
    func recover() -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let waiting = store.pending.filter(\.state.isActionable)
        let count = HumanText.count(waiting.count, "change")
        return recover(
            waiting, title: "Recover", question: "Undo or finish \(count)?", saying: .unknown, admin)
    }

    /// Commands that state something about the caches of the registries.
    var cacheCommands: [Command] {
        [
            Command(
                name: "caches-flushed", keys: [],
                help: "States that every registry was restarted or flushed since the last deletion and move",
                group: .change, isChange: true
            ) { [unowned store, unowned screen] in ChangeFlow(store: store, screen: screen).say(.flushed) },
            Command(
                name: "no-cache", keys: [], help: "States that no registry uses a blob descriptor cache",
                group: .change, isChange: true
            ) { [unowned store, unowned screen] in ChangeFlow(store: store, screen: screen).say(.none) },
        ]
    }

    private func recover(
        _ waiting: [PendingChange], title: String, question: String, saying caches: CacheState, _ admin: RegistryAdmin
    ) -> Effect {
        .propose(
            Proposal(
                title: title, lines: waiting.map { Line($0.what) }, question: question,
                typed: store.settings.confirmation.typed("\(waiting.count)"), owner: screen
            ) {
                .apply(
                    .change(Slot(screen, "change"), "completing \(HumanText.count(waiting.count, "change"))") { _ in
                        try await admin.recover(saying: caches)
                    } then: { [store, screen] (result: Result<[Recovery], any Error>) in
                        store.changed(Set(store.repositories ?? []))
                        switch result {
                        case .success(let recoveries):
                            return .all([.say(Self.said(recoveries)), .reappear, store.askAfterChange(on: screen)])
                        case .failure(let error):
                            return .all([.failure(error), .reappear, store.askAfterChange(on: screen)])
                        }
                    })
            })
    }

    private static func said(_ recoveries: [Recovery]) -> Status {
        if let failed = recoveries.first(where: { $0.outcome == .failed || $0.outcome == .unknown }) {
            return .failure("\(failed.error ?? "It could not be ended"): \(failed.change.what)")
        }
        let notes = recoveries.flatMap(\.notes)
        if let first = notes.first { return .info("\(first).") }
        let done = recoveries.filter { $0.outcome == .undone || $0.outcome == .finished }
        guard let first = done.first else { return .info("Nothing was missing.") }
        let verb = first.outcome == .undone ? "Undone" : "Finished"
        return .info(
            done.count == 1
                ? "\(verb): \(first.change.what)." : "\(HumanText.count(done.count)) changes undone or finished.")
    }

    /// Asks for the new name, beginning with the old one. A tag may get a bare word as its name.
    ///
    /// - Parameter names: The names to which Tab completes.
    func move(_ source: ImageReference, names: [String]) -> Effect {
        let planner = store.session.planner
        return NameInput(label: "move \(source) to: ", source: source, names: names) {
            destination, refused throws(ChangeError) in
            try ChangePlanner.checkMove(of: source, to: destination)
            return plan("planning the move of \(source)", refused: refused) { progress in
                // The question tells if the move replaces a tag.
                try await planner.move(from: source, to: destination, force: true, progress: progress)
            }
        }.ask()
    }

    /// Asks for the second name of a repository or an image, beginning with the first one.
    ///
    /// - Parameter names: The names to which Tab completes.
    func copy(_ source: ImageReference, names: [String]) -> Effect {
        copyInput("copy \(source) to: ", source, names).ask()
    }

    /// Gives a manifest one more tag, after a question.
    ///
    /// - Parameters:
    ///   - manifest: The manifest by its digest.
    ///   - text: The tag as the user typed it; nil asks for it.
    ///   - names: The names to which Tab completes.
    private func tag(_ manifest: ImageReference, as text: String?, names: [String]) -> Effect {
        guard case .digest(let digest) = manifest.selector else { return .none }
        let input = copyInput("new tag of \(manifest.repository)@\(digest.hex.prefix(8))…: ", manifest, names)
        return text.map(input.take) ?? input.ask("")
    }

    private func copyInput(_ label: String, _ source: ImageReference, _ names: [String]) -> NameInput {
        let planner = store.session.planner
        return NameInput(label: label, source: source, names: names) { destination, refused throws(ChangeError) in
            try ChangePlanner.checkCopy(of: source, to: destination)
            return plan("planning the copy of \(source)", refused: refused) { _ in
                // The question tells if the copy replaces a tag.
                try await planner.copy(from: source, to: destination, force: true)
            }
        }
    }

    /// The command that gives a manifest one more tag.
    ///
    /// - Parameters:
    ///   - names: The names to which Tab completes.
    ///   - manifest: Returns the manifest under the cursor, by its digest; nil if there is none.
    func tagCommand(names: @escaping () -> [String], of manifest: @escaping () -> ImageReference?) -> Command {
        func tag(_ store: OpenStore, _ screen: any Screen, as text: String?) -> Effect {
            manifest().map { ChangeFlow(store: store, screen: screen).tag($0, as: text, names: names()) } ?? .none
        }
        return Command(
            name: "tag", keys: [], help: "Gives the manifest under the cursor one more tag, such as :tag stable",
            group: .change, isChange: true, isEnabled: { manifest() != nil },
            whenDisabled: "The row under the cursor has no manifest that can get a tag.",
            argument: .init(choices: names) { [unowned store, unowned screen] in tag(store, screen, as: $0) }
        ) { [unowned store, unowned screen] in tag(store, screen, as: nil) }
    }

    /// Makes a plan, shows it, asks, and carries it out.
    ///
    /// - Parameters:
    ///   - hidden: The targets that a filter hides; the question lists them.
    ///   - warning: A sentence that the question begins with.
    ///   - refused: Returns the effect if the change is impossible; nil says why in the status
    ///     line.
    ///   - seen: Called with the plan before the question.
    func plan<Shown: ShownPlan>(
        _ label: String, hidden: HiddenMarks = HiddenMarks(), warning: String? = nil,
        refused: ((ChangeError) -> Effect)? = nil,
        _ make: @escaping @Sendable (@escaping ProgressHandler) async throws -> Shown,
        seen: @escaping (Shown) -> Void = { _ in }
    ) -> Effect {
        planning(label, refused: refused, make) { plan in
            seen(plan)
            return propose(plan, hidden: hidden, warning: warning)
        }
    }

    /// Makes a plan. While it is made, no key but Esc counts.
    ///
    /// - Parameters:
    ///   - refused: See `plan`.
    ///   - then: Called with the plan.
    func planning<Made: Sendable>(
        _ label: String, refused: ((ChangeError) -> Effect)? = nil,
        _ make: @escaping @Sendable (@escaping ProgressHandler) async throws -> Made,
        then: @escaping (Made) -> Effect
    ) -> Effect {
        var made: Made?
        var query = Query.stream(Slot(screen, "plan"), label) {
            [admin = store.session.admin] (reporter: Reporter<Made>) in
            // Interrupted changes are settled first, because this may change the registry.
            _ = try await admin?.settleJournal { reporter.progress(TaskProgress($0)) }
            reporter.emit(try await make { reporter.progress(TaskProgress($0)) })
        } fold: {
            made = $0.last
        } end: { ending in
            switch ending {
            case .finished: return made.map(then) ?? .none
            case .cancelled: return .say(.info("Nothing was changed."))
            case .failed(let error):
                if let refused, let error = error as? ChangeError { return refused(error) }
                return .failure(error)
            }
        }
        query.isPlanning = true
        return .ask(query)
    }

    /// Shows a plan, and asks.
    ///
    /// - Parameters:
    ///   - warning: A sentence that the question begins with.
    ///   - undone: The change that it takes back; nil for a change of its own.
    func propose(
        _ plan: some ShownPlan, hidden: HiddenMarks = HiddenMarks(), warning: String? = nil, undone: Undone? = nil
    ) -> Effect {
        let words = PlanWords(plan, store.settings.confirmation)
        if plan.targetNames.isEmpty, let obstacle = (plan as? CollectionPlan)?.obstacles.first {
            return .say(.failure("Blocked: \(obstacle)"))
        }
        if plan.targetNames.isEmpty, let due = (plan as? CollectionPlan)?.nextFreeAfter, due > store.session.clock.now {
            return .say(.info("Nothing to do yet: the next data is due after \(HumanText.second(due))."))
        }
        guard !plan.targetNames.isEmpty else {
            return .say(.info(plan.notes.first.map { "Nothing to do: \($0)." } ?? "Nothing to do."))
        }
        let (summary, names) = words.rows
        return .propose(
            Proposal(
                title: words.title,
                summary: [warning.map { Line($0, .warning) }, undone?.line].compactMap(\.self) + self.warning(hidden)
                    + summary.map { Line($0) },
                lines: names.map { Line($0) },
                question: words.question, typed: words.typed, isPermanent: plan.isPermanent, owner: screen
            ) { apply(plan, undone) })
    }

    /// The number of the hidden rows with the first names.
    private func warning(_ hidden: HiddenMarks) -> [Line] {
        guard !hidden.names.isEmpty else { return [] }
        let most = 50
        let more = hidden.names.count > most ? ", and \(HumanText.count(hidden.names.count - most)) more" : ""
        let names = hidden.names.prefix(most).joined(separator: ", ") + more
        return [
            Line("\(HumanText.count(hidden.names.count, "marked row")) hidden by the filter: \(names)", .bad)
        ]
    }

    private func apply(_ plan: some ShownPlan, _ undone: Undone?) -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let words = PlanWords(plan)
        return .apply(
            .change(
                Slot(screen, "change"), words.label, noun: plan.action.noun,
                // A part of a collection may take hours, and each of its files is whole.
                completes: plan.action == .collect ? nil : "the current target"
            ) { progress in
                await admin.apply(plan, undoing: undone?.entry.id) { progress(TaskProgress($0)) }
            } then: { [store, screen] (result: Result<[ChangeResult], any Error>) in
                // A change may have an effect even if it fails, so the screens read again.
                store.changed(words.plan.repositories ?? Set(store.repositories ?? []))
                switch result {
                case .success(let results):
                    let done = results.filter { $0.outcome == .done }.map(\.target)
                    let targets = screen as? any TargetScreen
                    targets?.remove(done: Set(done), by: plan.action)
                    if let move = plan as? ChangePlan, done.count == results.count,
                        let name = move.targets.first?.destination
                    {
                        targets?.follow(to: name)
                    }
                    return .all([report(results, words, undone), .reappear, store.askAfterChange(on: screen)])
                case .failure(let error): return .all([.failure(error), .reappear, store.askAfterChange(on: screen)])
                }
            })
    }

    /// Reports in the status line. A screen of its own follows after a collection, if a target is
    /// not done, and if there are notes.
    private func report(_ results: [ChangeResult], _ words: PlanWords, _ undone: Undone?) -> Effect {
        var effects: [Effect] = []
        let done = results.count { $0.outcome == .done }
        let all = done == results.count
        if all {
            effects.append(.say(.info(words.done + undoHint(results, words.plan, undone))))
        } else if results.contains(where: \.wasStopped) {
            let count = "\(HumanText.count(done)) of \(HumanText.count(results.count))"
            effects.append(.say(.info("Stopped by you, \(count) done.\(undoHint(results, words.plan, undone))")))
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

// MARK: - The trash and uploads

extension ChangeFlow {
    func restore(_ ids: [String], hidden: HiddenMarks = HiddenMarks()) -> Effect {
        let planner = store.session.planner
        return plan("planning to restore \(HumanText.count(ids.count, "deletion"))", hidden: hidden) { _ in
            try await planner.restoration(of: ids)
        }
    }

    /// Asks for the new name, beginning with the old one.
    ///
    /// - Parameters:
    ///   - typed: The text to begin with; nil for the former name.
    ///   - problem: The reason why this text was not accepted.
    func restoreAs(_ item: TrashItem, _ typed: String? = nil, problem: String? = nil) -> Effect {
        let planner = store.session.planner
        return .prompt(
            Prompt(
                label: "restore as: ", text: typed ?? item.name, problem: problem,
                complete: { [store] in Prompt.completed($0, (store.repositories ?? []).map(\.string)) }
            ) { text in
                let again = { (why: String) in restoreAs(item, text, problem: why) }
                guard let name = ImageReference(String(text.trimmingPrefix { $0 == " " })) else {
                    return again("\"\(text)\" is not a name; write repository or repository:tag")
                }
                return plan("planning to restore \(item.name)", refused: { again("\($0)") }) { _ in
                    try await planner.restoration(of: [item.id], as: name)
                }
            })
    }

    /// Repairs problems.
    ///
    /// - Parameter warning: A sentence that the question begins with.
    func repair(_ problems: [Problem], hidden: HiddenMarks = HiddenMarks(), warning: String? = nil) -> Effect {
        let planner = store.session.planner
        return plan(
            "planning \(HumanText.count(problems.count, "repair"))", hidden: hidden, warning: warning
        ) { _ in
            try await planner.repairs(ofAll: problems)
        }
    }

    /// Deletes trash entries for good; all of them if `ids` is nil.
    func empty(_ ids: [String]?, hidden: HiddenMarks = HiddenMarks()) -> Effect {
        let planner = store.session.planner
        return plan("planning to empty the trash", hidden: hidden) { progress in
            try await planner.emptying(ids: ids, progress: progress)
        }
    }

    func purge(_ uploads: [UploadSummary], hidden: HiddenMarks = HiddenMarks()) -> Effect {
        let planner = store.session.planner
        let ids = Set(uploads.map(\.id))
        let names = Set(uploads.map(\.repository)).sorted()
        return plan("planning to remove \(HumanText.count(uploads.count, "upload"))", hidden: hidden) { progress in
            try await planner.purging(olderThan: 0, of: names, ids: ids, progress: progress)
        }
    }
}

/// A screen whose rows are the targets of changes.
protocol TargetScreen: AnyObject {
    /// Removes the rows of targets that a change has taken away, with their marks.
    ///
    /// - Parameters:
    ///   - targets: The targets that are done, as the results name them.
    ///   - action: The kind of the change.
    func remove(done targets: Set<String>, by action: PlanAction)
    /// Puts the cursor on the new name of a row that was moved.
    func follow(to name: ImageReference)
}

extension TargetScreen {
    func follow(to name: ImageReference) {}
}

extension PlanLine.Tone {
    fileprivate nonisolated var style: Style {
        switch self {
        case .plain: .normal
        case .dim: .dim
        case .title: .title
        case .good: .good
        case .warning: .warning
        case .bad: .bad
        }
    }
}

extension Line {
    /// A line about a plan, with a style for each tone.
    nonisolated init(_ line: PlanLine) {
        self.init(line.parts.map { Span($0.text, $0.tone.style) })
    }
}

/// An input for the new name of a source. It stays open until `then` accepts the name, and opens
/// again if the plan refuses it.
struct NameInput {
    let label: String
    let source: ImageReference
    /// The names to which Tab completes.
    let names: [String]
    /// Called with the name, and with the effect of a refusal.
    let then: (ImageReference, _ refused: @escaping (ChangeError) -> Effect) throws(ChangeError) -> Effect

    /// Asks for the name.
    ///
    /// - Parameters:
    ///   - text: The text to begin with; nil for the name of the source.
    ///   - problem: The reason why this text was not accepted.
    func ask(_ text: String? = nil, problem: String? = nil) -> Effect {
        .prompt(
            Prompt(
                label: label, text: text ?? source.description, problem: problem,
                complete: { Prompt.completed($0, names) }, submit: take))
    }

    /// Takes a name that the user typed.
    func take(_ typed: String) -> Effect {
        let text = String(typed.trimmingPrefix { $0 == " " })
        if text.isEmpty || text == source.description { return .say(.info("Nothing was changed.")) }
        do throws(ChangeError) {
            return try then(destination(text)) { ask(typed, problem: "\($0)") }
        } catch {
            return ask(typed, problem: "\(error)")
        }
    }

    private func destination(_ text: String) throws(ChangeError) -> ImageReference {
        guard let destination = Self.reference(text, beside: source) else {
            throw .unsuitable("\"\(text)\" is not a name; write repository or repository:tag")
        }
        return destination
    }

    /// Returns the reference that a text names. Beside a tag or a manifest, a bare word is a tag of
    /// the same repository.
    static func reference(_ text: String, beside source: ImageReference) -> ImageReference? {
        if source.selector != .repository, !text.contains(where: { "/:@".contains($0) }),
            let tag = ImageReference(source.repository, .tag(text))
        {
            return tag
        }
        return ImageReference(text)
    }
}
