import AdminCore
import ArgumentParser
import Foundation

/// `regtop fsck`
struct FsckCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Find damage and repair it.",
        discussion: """
            fsck reads all objects of the pool, compares them with the directory tree, and then reads every link and every \
            manifest. --deep hashes every blob as well. Incomplete files that are younger than --grace are not damage, \
            because a push may be writing them. Without --repair fsck only reads, with one exception: it writes layer links \
            that pushes left out after rm or mv (see regtop help recover), unless --read-only is given. A stopped --deep \
            run continues with the next one: it does not hash unchanged blobs again unless --anew is given.

            --repair without kinds makes the safe repairs: it puts the chunks of resumed uploads in order if the digest \
            then matches, lists lost directories again, finishes interrupted deletions, writes the missing chunk of the \
            empty blob, removes chunks past the end of files, writes missing layer links, and removes the second name of \
            files that a crash left under two paths. All other repairs need the kind of the problem: --repair stale-upload \
            bad-link. Removed files go to the trash. Chunks that nothing refers to are left to gc. fsck shows its plan and \
            asks; without a terminal it needs --yes.

            In the pool of a pull-through cache, missing blobs, manifests and links are no damage, because its registry \
            fetches them again. They appear as one line with their number.

            JSON: {checked:{objects, directories, files, blobs, repositories, manifests, hashed, taken, bytes, inFlight}, \
            problems:[{kind, severity, path, blob, object, detail, repair}], omitted, stopped}; for a pull-through cache \
            also pullThroughCache: true; with --repair also repairs:{targets, impact, applied, results} and left, the \
            number of errors after the repairs. hashed and bytes count the hashed blobs, taken those of an earlier stopped \
            run. severity is error, waste or info. repair names the repair, or is null.

            Exit status, as in fsck(8), the sum of: 0 clean; 1 repaired; 4 errors left (waste and info do not count); 8 \
            incomplete.

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

    @Flag(help: "With --deep: also hash blobs that a stopped run has hashed.")
    var anew = false

    @Flag(help: "Make the safe repairs, or those of the given kinds.")
    var `repair` = false

    @Option(
        help: ArgumentHelp(
            "Do not report incomplete files that are younger than this; 0 if no registry writes.", valueName: "duration"
        ),
        transform: ArgumentText.durationOrZero)
    var grace: Double = FsckOptions.usualGrace

    @Argument(
        help: ArgumentHelp("With --repair: the kinds of problems to repair.", valueName: "kind"),
        completion: .list(ProblemKind.allCases.map(\.rawValue)),
        transform: FsckCommand.kind)
    var kinds: [ProblemKind] = []

    static var failed: Int32 { ExitStatus.unfinished }

    func validate() throws {
        if !kinds.isEmpty, !`repair` { throw ValidationError("kinds of problems need --repair") }
        if anew, !deep { throw ValidationError("--anew needs --deep") }
        if change.dryRun || change.yes, !`repair` {
            throw ValidationError("--dry-run and --yes need --repair")
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
        if deep { try context.requireData(for: "fsck --deep", status: Self.failed) }
        if context.session.snapshot != nil {
            if `repair`, !change.dryRun { _ = try context.session.changing() }
            context.say(
                "a snapshot has the lengths of chunks and not their bytes: whether damaged content can be repaired is not checked"
            )
        }
        let proposal = self.proposal(in: context)
        if `repair` {
            try await proposal.settleJournal()
        } else if let admin = context.session.admin {
            // Links that pushes left out after rm or mv: the only change without --repair.
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
        // A repair may reveal further problems.
        if !Task.isCancelled { outcome.afterwards = try await look(context) }
        try await end(context, outcome)
    }

    /// - Parameter isFirst: True to continue a stopped run.
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

    /// Prints the findings, also of a cancelled run, and ends with the status of fsck(8).
    private func end(_ context: CommandContext, _ outcome: FsckOutcome) async throws {
        let (format, isShown) = (format.format, outcome.results != nil && !change.yes)
        try await Task {
            try await context.print(
                format, json: outcome.json, plain: isShown ? outcome.ending : outcome.plain)
        }.value
        if let stopped = outcome.last.stopped { context.say("the check is incomplete: \(stopped)") }
        if outcome.isComplete, let sentence = await FsckRecord.write(errors: outcome.left, of: context.session) {
            context.say(sentence)
        }
        guard outcome.status == ExitStatus.done else { throw CommandFailure("", status: outcome.status) }
    }

    private static func kind(_ text: String) throws -> ProblemKind {
        guard let kind = ProblemKind(rawValue: text) else {
            let kinds = ProblemKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("not a kind of problem; the kinds are: \(kinds)")
        }
        return kind
    }
}
