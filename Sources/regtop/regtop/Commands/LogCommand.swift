import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop log`
struct LogCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show the changes: when, by whom, and with which result.",
        discussion: """
            The log has the changes of every regtop, the latest first. It is in the pool, in the RADOS namespace regtop, \
            which no registry reads; nothing is ever removed from it. A change without an end is running or was \
            interrupted. If the pool was emptied and filled again, the log leaves out changes that are older than the \
            registry, unless --all is given.

            JSON: an array of {id, begun, ended, user, host, process, client, action, targets, targetCount, impact:{bytes, \
            objects, reclaimable}, outcomes, results:[{target, outcome, error, trash}], undoes}; action is remove, move, restore, \
            empty, purge, repair or collect.

            EXAMPLES:
              regtop log --last 20
              regtop log -f json | jq '.[] | select(.user == "ci")'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Option(help: ArgumentHelp("The number of changes, from the latest on.", valueName: "count"))
    var last = 50

    @Flag(help: "Include changes that are older than the registry.")
    var all = false

    func validate() throws {
        guard (1...100_000).contains(last) else {
            throw ValidationError("--last takes a number from 1 to 100000, not \(last)")
        }
    }

    func run(in context: CommandContext) async throws {
        let session = context.session
        let log = AuditLogReader(storage: session.storage)
        var entries = try await log.latest(last, now: session.clock.now)
        if !all {
            let earlier = try await log.removeEarlier(from: &entries)
            if let earlier { context.say("\(earlier); --all shows them") }
        }
        try await context.print(format.format, json: .array(entries.map(\.json)), plain: plain(entries))
    }

    private func plain(_ entries: [AuditEntry]) -> String {
        if entries.isEmpty { return "no changes yet\n" }
        var table = PlainTable(
            .left("TIME"), .left("USER"), .left("CLIENT"), .left("ACTION"), .text("TARGETS AND OUTCOME"))
        for entry in entries {
            table.add(
                TimeText.second(entry.begun), "\(entry.user)@\(entry.host)", entry.client ?? "", entry.action,
                "\(LogText.what(entry))  \(LogText.outcome(entry))")
        }
        return table.text
    }
}
