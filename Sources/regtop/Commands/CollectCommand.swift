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

            With --offline one run does it all.

            --keep-file FILE, with --untagged, keeps manifests that no tag names and somebody uses: a reference or a digest on each line, as for \
            regtop rm.

            JSON: as of rm, and {restored, freed, quarantined: [{path, blob, bytes}], inTheWay, nextFreeAfter, notes}.

            EXAMPLES:
              regtop gc --dry-run
              regtop gc --yes && systemctl restart docker-registry
              regtop gc --cache-flushed --yes
              regtop gc --offline --grace 0 --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("What was written or referred to since is left alone.", valueName: "duration"),
        transform: ArgumentText.durationOrNone)
    var grace: Double = 86_400

    @Option(
        help: ArgumentHelp("Longer than any push: what was taken is not freed before.", valueName: "duration"),
        transform: ArgumentText.durationOrNone)
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

    func validate() throws {
        guard [noCache, cacheFlushed, registries.offline].count(where: \.self) <= 1 else {
            throw ValidationError("--offline, --no-cache and --cache-flushed exclude each other")
        }
        if keepFile != nil, !untagged {
            throw ValidationError("--keep-file goes with --untagged: without that every manifest is kept")
        }
        guard (0...100).contains(maxShare) else { throw ValidationError("--max-share is a percentage, 0 to 100") }
    }

    func run(in context: CommandContext) async throws {
        let options = CollectionOptions(
            grace: grace, delay: delay, maxShare: maxShare, untagged: untagged, uploadsOlderThan: uploadsOlderThan,
            inUse: try await KeepFile.read(keepFile),
            caches: registries.offline ? .offline : noCache ? .none : cacheFlushed ? .flushed : .unknown)
        let isBlocked = Mutex(false)
        let isRehearsal = change.dryRun
        try await proposal(in: context).run { progress in
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
