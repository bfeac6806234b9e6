import AdminCore
import ArgumentParser
import Foundation

/// `regtop fsck`
struct FsckCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Find damage, and repair it.",
        discussion: """
            Enumerates the pool's objects and compares them with the tree that the directories make, then reads every link and every \
            manifest. --deep hashes every blob besides. What is incomplete and younger than --grace may be being written: it is \
            counted, and no damage. Nothing is changed without --repair, but for layer links that pushes left out after rm or mv: they are written (see \
            regtop help recover) unless --read-only is given. A deep look that is stopped is gone on with by the next one: \
            what was found right, and is what it was by its identifier, size and date, is not hashed again unless --anew is given.

            --repair mends what is safe by itself: it puts a resumed upload in order if its digest then matches, lists directories again, ends \
            deletions that were interrupted, gives the blob of no bytes the chunk that an old registry left out, drops what lies behind the end of files, writes missing layer links, and takes apart \
            what a crash left under two paths. Other repairs have to be named by the kind of the problem: --repair stale-upload \
            bad-link. What is removed goes to the trash. Chunks that nothing refers to are left to collections. What would be done is \
            shown first, then you are asked; without a terminal --yes is needed.

            In the pool of a pull-through cache, blobs, manifests and links that are missing are no damage, as its registry fetches them \
            again: they are one line of info, with a count.

            JSON: {checked:{objects, directories, files, blobs, repositories, manifests, hashed, taken, bytes, inFlight}, problems:[{kind, severity, path, \
            blob, object, detail, repair}], omitted, stopped}, for the pool of a pull-through cache also pullThroughCache: true, with \
            --repair also repairs:{targets, impact, applied, results} and \
            left, the number of errors afterwards. hashed is how many blobs were hashed, bytes what they have; taken how many a run that was \
            stopped had found right. severity is error, waste or info; repair names what --repair would do, \
            null if nothing helps.

            Exit status, as of fsck(8), added up: 0 clean; 1 repaired; 4 errors left (waste and info don't count); 8 could not finish.

            EXAMPLES:
              regtop fsck -p registry
              regtop fsck --deep -f json | jq '.problems[] | select(.severity == "error")'
              regtop fsck --repair --dry-run
              regtop fsck --repair unused-layer-link stale-upload --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Flag(help: "Hash every blob.")
    var deep = false

    @Flag(help: "With --deep: hash everything, also what a run that was stopped has found right.")
    var anew = false

    @Flag(help: "Repair what is safe by itself, or the kinds that are named.")
    var `repair` = false

    @Option(
        help: ArgumentHelp("What is younger may be being written; 0 if nobody writes.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var grace: Double = FsckOptions.usualGrace

    @Argument(
        help: ArgumentHelp("With --repair: only these kinds of problems.", valueName: "kind"),
        transform: FsckCommand.kind)
    var kinds: [ProblemKind] = []

    static var failed: Int32 { ExitStatus.unfinished }

    func validate() throws {
        if !kinds.isEmpty, !`repair` { throw ValidationError("kinds are named for --repair only") }
        if anew, !deep { throw ValidationError("--anew belongs to --deep: nothing else is remembered") }
        if change.dryRun || change.yes, !`repair` {
            throw ValidationError("--dry-run and --yes belong to --repair: without it nothing is changed")
        }
    }

    func prepare(_ streams: StandardStreams) throws {
        guard `repair` else { return }
        do {
            try change.prepare(isReadOnly: store.readOnly, streams)
        } catch let failure as CommandFailure where failure.status == ExitStatus.failed {
            throw CommandFailure(failure.description, status: Self.failed)
        }
    }

    func run(in context: CommandContext) async throws {
        let proposal = self.proposal(in: context)
        if `repair` {
            try await proposal.settleJournal()
        } else if let admin = context.session.admin {
            // What a rm or mv still owes to pushes: nothing else is changed without --repair.
            for sentence in try await admin.completeWatchedLinks() { context.say(sentence) }
        }
        let report = try await look(context, isFirst: true)
        guard `repair`, !report.isCancelled else { return try await end(context, FsckOutcome(report: report)) }
        let plan = try await context.session.planner.repairs(
            of: report.problems, kinds: Set(kinds), grace: grace)
        var outcome = FsckOutcome(report: report, plan: plan)
        guard !change.dryRun, !plan.targets.isEmpty, let admin = context.session.admin else {
            return try await end(context, outcome)
        }
        if !change.yes { context.streams.tell(FsckText.plain(report)) }
        try await proposal.confirm(plan)
        let progress = ProgressLine(context.streams)
        let results = await admin.apply(plan, progress: progress.handler)
        progress.end()
        proposal.tell(plan, results)
        outcome.results = results
        // What is left can only be known by looking: a repair may bring to light what was hidden before.
        if !Task.isCancelled { outcome.afterwards = try await look(context) }
        try await end(context, outcome)
    }

    /// `isFirst`: may go on where a run was stopped.
    private func look(_ context: CommandContext, isFirst: Bool = false) async throws -> FsckReport {
        var options = FsckOptions(clock: context.session.clock)
        options.deep = deep
        options.grace = grace
        let progress = ProgressLine(context.streams)
        let checkpoint =
            deep
            ? try await HashCheckpoint.open(of: context.session, isNew: anew || !isFirst) { sentence in
                progress.clear()
                context.say(sentence)
            } : nil
        options.memory = checkpoint
        let report = await Fsck(registry: context.session.registry, options: options).run(
            progress: progress.handler)
        await checkpoint?.end(isComplete: report.isComplete)
        progress.end()
        return report
    }

    /// Prints what is known, also of a run that was cancelled, and ends with what fsck(8) ends with.
    private func end(_ context: CommandContext, _ outcome: FsckOutcome) async throws {
        let (format, isShown) = (format.format, outcome.results != nil && !change.yes)
        try await Task {
            try await context.print(
                format, json: outcome.json, plain: isShown ? outcome.ending : outcome.plain)
        }.value
        if let stopped = outcome.last.stopped { context.say("not everything was looked at: \(stopped)") }
        guard outcome.status == ExitStatus.done else { throw CommandFailure("", status: outcome.status) }
    }

    private static func kind(_ text: String) throws -> ProblemKind {
        guard let kind = ProblemKind(rawValue: text) else {
            let kinds = ProblemKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("it is no kind of problem; these are: \(kinds)")
        }
        return kind
    }
}
