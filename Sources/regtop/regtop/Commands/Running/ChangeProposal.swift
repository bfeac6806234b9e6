import AdminCore
import Logging

/// From a plan to its results: show, ask, apply, report. The same frozen plan all the way.
nonisolated struct ChangeProposal: Sendable {
    let context: CommandContext
    let options: ChangeOptions
    let format: OutputFormat

    /// Makes the plan, and does with it what the options say. Throws `CommandFailure` if the answer was No, or not all was done;
    /// `CancellationError` after the results, if it was cancelled meanwhile.
    func run<Shown: ShownPlan>(_ makePlan: @Sendable (@escaping ProgressHandler) async throws -> Shown) async throws {
        let session = context.session
        try await settleJournal()
        let plan = try await makePlan(context.progress.handler)
        if options.dryRun {
            return try await context.print(
                format, json: plan.json(applied: false, results: []), plain: PlanWords(plan).text)
        }
        guard let admin = session.admin else {
            throw CommandFailure("nothing is changed: this session is read-only")
        }
        if plan.targetNames.isEmpty {
            return try await context.print(
                format, json: plan.json(applied: true, results: []), plain: PlanWords(plan).text)
        }
        try await confirm(plan)
        let progress = ProgressLine(context.streams)
        let results = await admin.apply(plan, progress: progress.handler)
        progress.end()
        try await report(plan, results)
    }

    /// What was interrupted is taken back or ended before anything is planned: the registry may look different then. A dry run only says
    /// that there is something.
    func settleJournal() async throws {
        if options.dryRun {
            if let alert = JournalText.alert(try await context.session.pendingChanges()) {
                context.say("\(alert): a change would take that back or end it first, see regtop recover --dry-run")
            }
        } else if let admin = context.session.admin {
            for sentence in try await admin.settleJournal(progress: context.progress.handler) { context.say(sentence) }
        }
    }

    /// Shows the plan, and asks unless that was answered by `--yes`. Throws `CommandFailure` on No.
    func confirm(_ plan: some ShownPlan) async throws {
        context.progress.end()
        if options.yes {
            guard format == .plain else { return }
            do {
                try await context.streams.print(PlanWords(plan).text)
            } catch OutputError.closed {
                // Nobody reads; it was said to do it all the same.
            }
            return
        }
        context.streams.tell(PlanWords(plan).text)
        guard try await Question.ask(PlanWords(plan).question, context.streams) else {
            throw CommandFailure("nothing was changed")
        }
    }

    /// Writes the results to the log, and says what was not done and what else is to be known.
    func tell(_ plan: some ShownPlan, _ results: [ChangeResult]) {
        let logger = Logger(label: "regtop.changes")
        for result in results {
            let (action, session) = (plan.action.rawValue, context.session.name)
            logger.notice(
                "\(action) \(result.target) in \(session): \(result.outcome.rawValue)\(result.error.map { ", \($0)" } ?? "")"
            )
        }
        // What concerns all targets is said once.
        var said: Set<String> = []
        for note in results.flatMap(\.notes) where said.insert(note).inserted { context.say(note) }
        for failure in results.compactMap(PlanWords(plan).failure) { context.say(failure) }
    }

    private func report(_ plan: some ShownPlan, _ results: [ChangeResult]) async throws {
        tell(plan, results)
        let isCancelled = Task.isCancelled
        // What was done has to be said also by a cancelled task, whose writes would give up.
        let (format, context) = (format, context)
        try await Task {
            do {
                try await context.print(
                    format, json: plan.json(applied: true, results: results), plain: PlanWords(plan).text(results))
            } catch OutputError.closed {}
        }.value
        if isCancelled { throw CancellationError() }
        guard results.allSatisfy({ $0.outcome == .done }) else { throw CommandFailure.silent }
    }
}

extension ChangeOptions {
    /// Refuses what could only end in nothing: a change of what is opened read-only, and a question that nobody can answer. Throws
    /// `CommandFailure`.
    nonisolated func prepare(isReadOnly: Bool, _ streams: StandardStreams) throws {
        guard !dryRun else { return }
        if isReadOnly {
            throw CommandFailure(
                "nothing is changed: the store is opened read-only, as --read-only says; leave that out, or look with --dry-run"
            )
        }
        guard yes || streams.canAsk else {
            throw CommandFailure(
                "there is no terminal to ask on: give --yes to do it, or --dry-run to see what would be done",
                status: ExitStatus.usage)
        }
    }
}
