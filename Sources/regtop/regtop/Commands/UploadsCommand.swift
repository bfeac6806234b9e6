import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop uploads [REPO]`, `regtop uploads purge`
struct UploadsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uploads",
        abstract: "List unfinished uploads, or remove old ones.",
        discussion: """
            A push that never finished leaves the data that it sent. `regtop uploads` lists this data; the word ls can be \
            left out. To list a repository with the name purge, write `regtop uploads ls purge`.

            EXAMPLES:
              regtop uploads --older-than 7d
              regtop uploads purge --older-than 7d --dry-run
            """,
        subcommands: [UploadsListCommand.self, UploadsPurgeCommand.self], defaultSubcommand: UploadsListCommand.self)
}

/// `regtop uploads ls [REPO]`
struct UploadsListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List unfinished uploads.",
        discussion: """
            An upload without a valid start date counts from the date of its latest chunk, or without chunks from the date \
            of its directory. A file directly in _uploads, which no registry writes, has the kind file.

            JSON: an array of {repository, id, started, size}; startedFrom is chunk or directory if the date is not the \
            upload's own; kind is file for a file.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Option(
        help: ArgumentHelp("Only uploads that began longer ago, such as 7d.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var olderThan: Double?

    @Argument(
        help: ArgumentHelp("A repository. (default: all)", valueName: "repo"),
        completion: .values(.repository),
        transform: ArgumentText.repository)
    var repository: RepositoryName?

    func run(in context: CommandContext) async throws {
        let registry = context.session.registry
        let all: [UploadSummary]
        if let repository {
            all = try await Missing.named(repository, in: context.session) {
                try await registry.uploads(of: [repository])
            }
        } else {
            all = try await registry.uploads(progress: context.progress.handler)
        }
        let now = context.session.clock.now
        let rows = all.filter { upload in
            guard let olderThan else { return true }
            return upload.lastKnown.map { $0.addingTimeInterval(olderThan) <= now } ?? false
        }
        try await context.print(
            format.format, json: .array(rows.map(\.json)), plain: UploadsTable.text(rows, now: now))
    }
}

/// `regtop uploads purge --older-than 7d`
struct UploadsPurgeCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove old unfinished uploads.",
        discussion: """
            purge moves uploads to the trash; `regtop trash restore` restores them, and `regtop trash empty` deletes their \
            data. A file that is also part of a blob, as an interrupted move of the old driver leaves it, loses only its \
            name in the upload. --now skips the trash and needs --offline.

            JSON: as for rm.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("Only uploads that began longer ago, such as 7d.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var olderThan: Double

    @Flag(help: "Skip the trash. This cannot be undone; needs --offline.")
    var now = false

    @Argument(
        help: ArgumentHelp("Only uploads of these repositories.", valueName: "repo"),
        completion: .values(.repository),
        transform: ArgumentText.repository)
    var repositories: [RepositoryName] = []

    func validate() throws {
        try ArgumentText.check { () throws(ChangeError) in
            try ChangePlanner.checkPurge(skippingTrash: now, isOffline: registries.offline)
        }
    }

    func run(in context: CommandContext) async throws {
        try await proposal(in: context).run { progress in
            try await context.session.planner.purging(
                olderThan: olderThan, of: repositories.isEmpty ? nil : repositories, skippingTrash: now,
                progress: progress)
        }
    }
}

/// The uploads in columns.
nonisolated enum UploadsTable {
    static func text(_ rows: [UploadSummary], now: Date) -> String {
        var table = PlainTable(
            .left("REPOSITORY"), .left("ID"), .left("STARTED"), .right("AGE"), .right("SIZE"),
            .left("KIND"))
        for row in rows {
            table.add(
                row.repository.string, row.id, TimeText.second(row.lastKnown),
                row.age(at: now)?.replacing(" ", with: "") ?? "",
                PlainTable.size(row.size), row.kind)
        }
        return table.text
    }
}

extension UploadSummary {
    /// `file` or `upload`.
    nonisolated var kind: String { isStray ? "file" : "upload" }

    nonisolated var json: JSONValue {
        let fallback = started == nil && lastKnown != nil
        let json: JSONValue = [
            "repository": .text(repository), "id": .string(id), "started": .time(lastKnown), "size": .unsigned(size),
        ]
        return json.adding("startedFrom", fallback ? .string(written == nil ? "directory" : "chunk") : nil)
            .adding("kind", isStray ? .string(kind) : nil)
    }
}
