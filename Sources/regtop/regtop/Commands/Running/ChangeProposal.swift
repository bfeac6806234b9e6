import AdminCore
import Presentation
import SafeText
import Foundation
import Logging

/// The way from a plan to its results: shows the plan, asks, applies it and reports. The frozen
/// plan never changes on the way.
nonisolated struct ChangeProposal: Sendable {
    let context: CommandContext
    let options: ChangeOptions
    let format: OutputFormat

    /// Makes the plan, and shows or applies it as the options say.
    ///
    /// - Throws: `CommandFailure` if the answer was No or a target is not done; `CancellationError`
    ///   after the results if the task was cancelled.
    func run<Shown: ShownPlan>(_ makePlan: @Sendable (@escaping ProgressHandler) async throws -> Shown) async throws {
        let session = context.session
        try await settleJournal()
        let plan = try await makePlan(context.progress.handler)
        if options.dryRun {
            return try await context.print(
                format, json: plan.json(applied: false, results: []), plain: PlanWords(plan).text)
        }
        let admin = try session.changing()
        if plan.targetNames.isEmpty {
            return try await context.print(
                format, json: plan.json(applied: true, results: []), plain: PlanWords(plan).text)
        }
        try await confirm(plan)
        let progress = ProgressLine(context.streams)
        let context = context
        let results = await withTaskCancellationHandler {
            await admin.apply(plan, progress: progress.handler)
        } onCancel: {
            let when = plan.action == .collect ? "" : " after the current target"
            context.say("the \(plan.action.noun) stops\(when); ^C again ends it at once")
        }
        progress.end()
        try await report(plan, results)
    }

    /// Undoes or finishes interrupted changes before anything is planned, since that may change the
    /// registry. A dry run only reports them.
    func settleJournal() async throws {
        if options.dryRun {
            if let alert = JournalText.alert(try await context.session.pendingChanges()) {
                context.say("\(alert): the next change undoes or finishes that first; see `regtop recover --dry-run`")
            }
        } else if let admin = context.session.admin {
            for sentence in try await admin.settleJournal(progress: context.progress.handler) { context.say(sentence) }
        }
    }

    /// Shows the plan, and asks unless `--yes` is given.
    ///
    /// - Throws: `CommandFailure` if the answer is No.
    func confirm(_ plan: some ShownPlan) async throws {
        context.progress.end()
        if options.yes {
            guard format == .plain else { return }
            do {
                try await context.streams.print(PlanWords(plan).text)
            } catch OutputError.closed {
                // No person reads the plan; `--yes` says to apply it anyway.
            }
            return
        }
        context.streams.tell(PlanWords(plan).text)
        guard try await Question.ask(PlanWords(plan).question, context.streams) else {
            throw CommandFailure("nothing was changed")
        }
    }

    /// Writes the results to the log file, and reports failures and notes to the user.
    func tell(_ plan: some ShownPlan, _ results: [ChangeResult]) {
        let logger = Logger(label: "regtop.changes")
        for result in results {
            let (action, session) = (plan.action.rawValue, context.session.name)
            logger.notice(
                "\(action) \(result.target) in \(session): \(result.outcome.rawValue)\(result.error.map { ", \($0)" } ?? "")"
            )
        }
        // A note or an error that several targets have is printed once.
        var said: Set<String> = []
        for note in results.flatMap(\.notes) where said.insert(note).inserted { context.say(note) }
        for failure in PlanWords(plan).failures(results) { context.say(failure) }
    }

    private func report(_ plan: some ShownPlan, _ results: [ChangeResult]) async throws {
        tell(plan, results)
        let isCancelled = Task.isCancelled
        // A cancelled task reports its results as well, but its writes would fail.
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
    /// Refuses a change of a read-only store, and a question without a person to answer it.
    ///
    /// - Throws: `CommandFailure`.
    nonisolated func prepare(isReadOnly: Bool, _ streams: StandardStreams) throws {
        guard !dryRun else { return }
        if isReadOnly {
            throw CommandFailure(
                "nothing was changed: --read-only forbids it; leave it out, or use --dry-run to see the plan")
        }
        guard yes || streams.canAsk else {
            throw CommandFailure(
                "there is no terminal for the question: give --yes to apply the plan, or --dry-run to see it",
                status: ExitStatus.usage)
        }
    }
}

/// A command that changes the registry by a plan, after a question. Its conformances name
/// `StoreCommand` as well: the compiler takes the isolation of a command from that protocol only.
nonisolated protocol ChangingCommand: StoreCommand {
    var format: FormatOptions { get }
    var change: ChangeOptions { get }
    var registries: OfflineOptions { get }
}

extension ChangingCommand {
    nonisolated var sessionOptions: SessionOptions { store.session(registries) }

    nonisolated func prepare(_ streams: StandardStreams) throws {
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    /// The way from a plan to its results, with the options of the command.
    nonisolated func proposal(in context: CommandContext) -> ChangeProposal {
        ChangeProposal(context: context, options: change, format: format.format)
    }
}

/// A question on the terminal.
nonisolated enum Question {
    /// Asks the question. Every answer except `y` and `yes` is No, also the end of the input.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before the answer.
    static func ask(_ text: String, _ streams: StandardStreams) async throws -> Bool {
        streams.tell("\(VisibleText.of(text)) [y/N] ")
        await streams.flush()
        let line = try await BlockingCall.run(on: DispatchQueue(label: "regtop.stdin")) { readLine() }
        return ["y", "yes"].contains(line?.trimmingCharacters(in: .whitespaces).lowercased())
    }
}
