import AdminCore
import ArgumentParser
import Synchronization

/// `regtop gc`
struct CollectCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Find blobs that nothing needs, and free them in steps beside a live registry.",
        discussion: """
            Each run is one step: it marks everything that is needed, restores blobs from the quarantine that are needed \
            again, frees blobs in the quarantine that are due, and moves blobs that nothing needs to the quarantine if \
            they are older than --grace. A later run, whose mark begins after --delay, frees them. No run frees anything \
            without --cache-flushed, --no-cache or --offline, because a registry with a descriptor cache may still rely on \
            blobs in the quarantine. Run gc daily, by cron or with --watch.

            These are needed: everything in the trash, every manifest (with --untagged only those that a tag, an index or \
            a referrer needs), unfinished uploads and recent links. If the mark cannot read everything, the run moves and \
            frees nothing, and names the obstacle.

            A run that fills the quarantine checks the registry again a few seconds later, and restores blobs that pushes \
            have come to need.

            --watch runs until it is stopped, as a service: it checks every 30 seconds (--every) and runs a step once a \
            day at --at (UTC). It needs --yes, and ends with 0 at SIGTERM or ^C. It continues while the store does not \
            answer. Each event is one line: the time, one word, and the details.

            With --offline one run does all the work.

            --keep-file FILE, with --untagged, keeps untagged manifests that are in use: a reference or a digest on each \
            line, as for regtop rm.

            JSON: as for rm, and {restored, freed, quarantined: [{path, blob, bytes}], inTheWay, nextFreeAfter, notes}. \
            With --watch one object on each line, {time, event}; event is started (store, every in seconds, next), settled \
            (text), restored (restored), step (next, and everything that a single run prints) or stopped.

            EXAMPLES:
              regtop gc --dry-run
              regtop gc --yes && systemctl restart docker-registry
              regtop gc --cache-flushed --yes
              regtop gc --offline --grace 0 --yes
              regtop gc --watch --at 03:00 --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp(
            "Leave alone everything that was written or linked to within this time.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var grace: Double = 86_400

    @Option(
        help: ArgumentHelp("Keep blobs in the quarantine for this time; longer than any push.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var delay: Double = 86_400

    @Option(
        help: ArgumentHelp(
            "Do nothing if the step would quarantine or free more than this percentage of the bytes of all blobs.",
            valueName: "percent")
    )
    var maxShare: Double = 50

    @Flag(help: "Collect untagged manifests as well.")
    var untagged = false

    @Option(
        help: ArgumentHelp(
            "With --untagged: keep the references and digests in this file.", valueName: "file"),
        completion: .file())
    var keepFile: String?

    @Option(
        help: ArgumentHelp(
            "Also collect unfinished uploads that nobody has written to for this time.", valueName: "duration"),
        transform: ArgumentText.duration)
    var uploadsOlderThan: Double?

    @Flag(help: "No registry has a descriptor cache: free blobs that are due.")
    var noCache = false

    @Flag(
        help: """
            Every registry was restarted, or its descriptor cache flushed, after the last step that filled the \
            quarantine and at least --delay ago: free blobs that are due.
            """)
    var cacheFlushed = false

    @Flag(help: "Run until stopped: restore what pushes need, and run one step a day.")
    var watch = false

    @Option(
        help: ArgumentHelp("With --watch: the time between two checks. (default: 30s)", valueName: "duration"),
        transform: ArgumentText.duration)
    var every: Double?

    @Option(
        help: ArgumentHelp("With --watch: the time of the daily step, UTC. (default: 03:00)", valueName: "hh:mm"),
        transform: ArgumentText.timeOfDay)
    var at: TimeOfDay?

    func validate() throws {
        try validateWatch()
        guard [noCache, cacheFlushed, registries.offline].count(where: \.self) <= 1 else {
            throw ValidationError("give only one of --offline, --no-cache and --cache-flushed")
        }
        if keepFile != nil, !untagged {
            throw ValidationError("--keep-file needs --untagged: without it gc keeps every manifest")
        }
        guard (0...100).contains(maxShare) else {
            throw ValidationError("--max-share must be a percentage from 0 to 100")
        }
    }

    private func validateWatch() throws {
        guard watch else {
            if every != nil || at != nil { throw ValidationError("--every and --at need --watch") }
            return
        }
        if let every, every < 1 { throw ValidationError("--every must be 1s or more") }
        if change.dryRun { throw ValidationError("--watch cannot be combined with --dry-run, which is one step") }
        if registries.offline {
            throw ValidationError(
                "--watch cannot be combined with --offline: without registries there is nothing to watch")
        }
        if cacheFlushed {
            throw ValidationError(
                "--watch cannot be combined with --cache-flushed: run `regtop gc --cache-flushed --yes` once after the restart"
            )
        }
        guard change.yes else { throw ValidationError("--watch needs --yes, because nobody answers questions") }
    }

    /// The options without `inUse`, which a file has.
    private var options: CollectionOptions {
        CollectionOptions(
            grace: grace, delay: delay, maxShare: maxShare, untagged: untagged, uploadsOlderThan: uploadsOlderThan,
            caches: registries.offline ? .offline : noCache ? .none : cacheFlushed ? .flushed : .unknown)
    }

    func run(in context: CommandContext) async throws {
        var options = options
        if watch {
            let watch = CollectionWatch(
                proposal: proposal(in: context), every: every ?? 30, at: at ?? .usual, options: options,
                keepFile: keepFile)
            return try await watch.run()
        }
        options.inUse = try await KeepFile.read(keepFile)
        let isBlocked = Mutex(false)
        let isRehearsal = change.dryRun
        try await proposal(in: context).run { [options] progress in
            let plan =
                if !isRehearsal, let admin = context.session.admin {
                    try await admin.collection(options, progress: progress)
                } else {
                    try await context.session.planner.collection(options, progress: progress)
                }
            for obstacle in plan.obstacles { context.say("blocked, nothing is freed or quarantined: \(obstacle)") }
            isBlocked.withLock { $0 = !plan.obstacles.isEmpty }
            return plan
        }
        if !isRehearsal, isBlocked.withLock(\.self) { throw CommandFailure.silent }
    }
}
