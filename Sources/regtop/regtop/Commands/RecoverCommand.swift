import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop recover`
struct RecoverCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Undo or finish interrupted changes.",
        discussion: """
            regtop writes every change that could stop half-way to a journal first (in the pool, in the RADOS namespace \
            regtop, which the registry never reads). recover undoes an interrupted change, or finishes it if only cleaning \
            up is left. Every change does the same before it begins.

            A finished change stays in the journal for a day, because a push that began before it may still run. After \
            that day, the next change checks the result of the finished one; --offline says that no registry writes, and \
            checks at once. recover leaves the changes of a running regtop alone. If the pool was emptied and filled \
            again, recover drops the entries whose targets no longer exist.

            rm and mv of a repository leave a watch, because a registry with a descriptor cache continues to believe that \
            its layers are linked. Every change, gc, fsck and recover then write the links that pushes left out, until \
            recover is run with --cache-flushed (all caches were flushed since the change) or --no-cache (no registry has \
            one). A day later the name is checked for the last time.

            JSON: {targets:[{id, what, state, begun, due, owner, detail}], applied, results:[{target, outcome, error, \
            notes}]}; state is interrupted, in-progress, waiting, watching, due, gone or unreadable; outcome is undone, \
            finished, checked, watched, dropped, left, failed or unknown.

            EXAMPLES:
              regtop recover --dry-run
              regtop recover --cache-flushed -p registry
              regtop recover -p registry --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @OptionGroup var caches: CacheOptions

    var sessionOptions: SessionOptions { store.session(registries) }

    func prepare(_ streams: StandardStreams) throws {
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    func run(in context: CommandContext) async throws {
        let pending = try await context.session.pendingChanges()
        let now = Set(pending.filter { $0.state.isActionable }.map(\.id))
        if change.dryRun || now.isEmpty {
            // A regtop that was killed at the end of a change may leave an empty journal; removing
            // it needs no question.
            if !change.dryRun, pending.isEmpty { _ = try await context.session.admin?.recover() }
            try await context.print(
                format.format, json: JournalText.json(pending, applied: !change.dryRun, []),
                plain: JournalText.plain(pending))
            // An unreadable entry forbids every change.
            if !change.dryRun, pending.contains(where: \.isUnreadable) { throw CommandFailure.silent }
            return
        }
        let admin = try context.session.changing()
        if !change.yes {
            context.streams.tell(JournalText.plain(pending))
            let count = HumanText.count(now.count, "change")
            guard try await Question.ask("Undo or finish \(count)?", context.streams) else {
                throw CommandFailure("nothing was changed")
            }
        }
        let results = try await admin.recover(saying: caches.state, progress: context.progress.handler)
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
