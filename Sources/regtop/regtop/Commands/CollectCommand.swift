import AdminCore
import ArgumentParser
import Synchronization

/// `regtop gc`
struct CollectCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Collect what nothing needs, beside a live registry: one step of it.",
        discussion: """
            Each run marks what is needed, brings back from the quarantine what became needed, frees what of it is due, and takes into it \
            what is new, unneeded and older than --grace. What is taken is freed by a later run: after --delay, by a mark that \
            began after that, and only if one of three flags says what the registries remember. Run it by cron.

            Everything in the trash, every manifest (with --untagged: every one that a tag, an index or a referrer needs), unfinished \
            uploads and young links are needed. A mark that could not read everything frees and takes nothing, and says what was in \
            the way.

            A run that takes something ends a few seconds later with a look: whatever pushes have come to need by then comes back.

            --watch runs until it is stopped, for a service: it looks every 30 seconds (--every), and runs a step once a day at --at, UTC, for the \
            first time when that hour comes next. It needs --yes, and ends with 0 at SIGTERM or ^C, whatever it is doing. A store that does not \
            answer does not end it. Each event is a line: its time, one word, and what happened.

            With --offline one run does it all.

            --keep-file FILE, with --untagged, keeps manifests that no tag names and somebody uses: a reference or a digest on each line, as for \
            regtop rm.

            JSON: as of rm, and {restored, freed, quarantined: [{path, blob, bytes}], inTheWay, nextFreeAfter, notes}. With --watch an object a \
            line, {time, event}: event is started (store, every in seconds, next), settled (text), restored (restored), step (next, and all that a \
            run prints), stopped.

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
        help: ArgumentHelp("What was written or referred to since is left alone.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var grace: Double = 86_400

    @Option(
        help: ArgumentHelp("Longer than any push: what was taken is not freed before.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var delay: Double = 86_400

    @Option(
        help: ArgumentHelp(
            "Take and free nothing if it would be more than this part of the bytes of all blobs.", valueName: "percent")
    )
    var maxShare: Double = 50

    @Flag(help: "Collect manifests without a tag, too.")
    var untagged = false

    @Option(
        help: ArgumentHelp(
            "With --untagged: keep what is in use, references or digests, one a line.", valueName: "file"))
    var keepFile: String?

    @Option(
        help: ArgumentHelp(
            "Collect unfinished uploads that were last written to longer ago, too.", valueName: "duration"),
        transform: ArgumentText.duration)
    var uploadsOlderThan: Double?

    @Flag(help: "No registry has a descriptor cache: what is due may be freed.")
    var noCache = false

    @Flag(
        help: """
            Every registry was restarted, or its descriptor cache flushed, after the quarantine and before the delay began: what is \
            due may be freed.
            """)
    var cacheFlushed = false

    @Flag(help: "Go on until stopped: bring back what pushes need, run a step once a day.")
    var watch = false

    @Option(
        help: ArgumentHelp("With --watch: how often to look. (default: 30s)", valueName: "duration"),
        transform: ArgumentText.duration)
    var every: Double?

    @Option(
        help: ArgumentHelp("With --watch: when the daily step is run, UTC. (default: 03:00)", valueName: "hh:mm"),
        transform: ArgumentText.timeOfDay)
    var at: TimeOfDay?

    func validate() throws {
        try validateWatch()
        guard [noCache, cacheFlushed, registries.offline].count(where: \.self) <= 1 else {
            throw ValidationError("--offline, --no-cache and --cache-flushed exclude each other")
        }
        if keepFile != nil, !untagged {
            throw ValidationError("--keep-file goes with --untagged: without that every manifest is kept")
        }
        guard (0...100).contains(maxShare) else { throw ValidationError("--max-share is a percentage, 0 to 100") }
    }

    private func validateWatch() throws {
        guard watch else {
            if every != nil || at != nil { throw ValidationError("--every and --at go with --watch") }
            return
        }
        if let every, every < 1 { throw ValidationError("--every takes 1s or more") }
        if change.dryRun { throw ValidationError("--watch and --dry-run exclude each other: a dry run is one step") }
        if registries.offline {
            throw ValidationError(
                "--watch and --offline exclude each other: without registries there is nobody to watch")
        }
        if cacheFlushed {
            throw ValidationError(
                "--cache-flushed speaks of one moment, and --watch goes on: say it with a single `regtop gc --cache-flushed --yes` after the restart"
            )
        }
        guard change.yes else { throw ValidationError("--watch needs --yes: nobody is there to answer") }
    }

    /// All that options say but for what is in use, which a file says.
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
            for obstacle in plan.obstacles { context.say("nothing is freed or taken: \(obstacle)") }
            isBlocked.withLock { $0 = !plan.obstacles.isEmpty }
            return plan
        }
        if !isRehearsal, isBlocked.withLock(\.self) { throw CommandFailure.silent }
    }
}
