import AdminCore
import ArgumentParser

/// `regtop recover`
struct RecoverCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Take back or end changes that were interrupted.",
        discussion: """
            Every change that could be left half-way is written in a journal first (in the pool, in the RADOS namespace regtop, which the \
            registry never sees). What was interrupted is taken back, or ended if all but tidying up was done. rm and mv do that before \
            they begin; this command does just that.

            A change that is done stays in the journal for a day: a registry that had begun to write before may go on until then, and \
            what it did is looked at once more by the next change after that day. --offline says that no registry writes, and looks \
            at once. What another regtop is working on is left alone. What speaks of content that is gone, since the pool was emptied and \
            filled anew, is dropped, and nothing else is touched.

            rm and mv of a repository leave a watch: a registry with a descriptor cache goes on to take its layers for linked. Every change, gc, fsck \
            and this command then write the links that pushes to the name left out, until --cache-flushed or --no-cache is said here: \
            that the caches of all registries were flushed since, or that none has one. A day later the name is looked at for the last time.

            JSON: {targets:[{id, what, state, begun, due, owner, detail}], applied, results:[{target, outcome, error, notes}]}; state is \
            interrupted, in-progress, waiting, watching, due, gone or unreadable; outcome is undone, finished, checked, watched, dropped, left, \
            failed or unknown.

            EXAMPLES:
              regtop recover --dry-run
              regtop recover --cache-flushed -p registry
              regtop recover -p registry --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Flag(help: "No registry has a descriptor cache.")
    var noCache = false

    @Flag(help: "Every registry was restarted, or its descriptor cache flushed, after the last rm and mv.")
    var cacheFlushed = false

    private var caches: CacheState { noCache ? .none : cacheFlushed ? .flushed : .unknown }

    var sessionOptions: SessionOptions { store.session(registries) }

    func validate() throws {
        if noCache, cacheFlushed { throw ValidationError("--no-cache and --cache-flushed exclude each other") }
    }

    func prepare(_ streams: StandardStreams) throws {
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    func run(in context: CommandContext) async throws {
        let pending = try await context.session.pendingChanges()
        let now = Set(pending.filter { $0.state.isActionable }.map(\.id))
        if change.dryRun || now.isEmpty {
            // Whoever was killed at the very end of a change may have left an empty journal: nobody has to be asked about that.
            if !change.dryRun, pending.isEmpty { _ = try await context.session.admin?.recover() }
            try await context.print(
                format.format, json: JournalText.json(pending, applied: !change.dryRun, []),
                plain: JournalText.plain(pending))
            // What nobody can read forbids every change until somebody has looked.
            if !change.dryRun, pending.contains(where: \.isUnreadable) { throw CommandFailure.silent }
            return
        }
        guard let admin = context.session.admin else {
            throw CommandFailure("nothing is changed: this session is read-only")
        }
        if !change.yes {
            context.streams.tell(JournalText.plain(pending))
            let count = HumanText.count(now.count, "change")
            guard try await Question.ask("Take back or end \(count)?", context.streams) else {
                throw CommandFailure("nothing was changed")
            }
        }
        let results = try await admin.recover(saying: caches, progress: context.progress.handler)
        context.progress.end()
        for result in results {
            for note in result.notes { context.say(note) }
            if let error = result.error, result.outcome != .left { context.say("\(result.change.what): \(error)") }
        }
        try await context.print(
            format.format, json: JournalText.json(pending, applied: true, results),
            plain: JournalText.plain(results))
        if results.contains(where: { $0.outcome == .failed || $0.outcome == .unknown }) { throw CommandFailure.silent }
    }
}
