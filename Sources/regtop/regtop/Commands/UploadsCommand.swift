import AdminCore
import ArgumentParser
import Foundation

/// `regtop uploads [REPO]`, `regtop uploads purge`
struct UploadsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uploads",
        abstract: "List unfinished uploads, or remove the old ones.",
        discussion: """
            A push that was never finished leaves what it had sent. `regtop uploads` lists it (ls is understood if no other word \
            follows; a repository called purge is listed by `regtop uploads ls purge`).

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
            One that does not say when it began, or says what cannot be, is as old as the youngest of its chunks; without any, as its \
            directory in the pool. A file that lies directly in _uploads is listed by its name, with the kind file: no registry leaves one \
            there.

            JSON: an array of {repository, id, started, size}; startedFrom is there where the upload does not say the date itself, and is \
            chunk or directory; kind is there for a file, and is file.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Option(
        help: ArgumentHelp("Only what began longer ago than this, such as 7d.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var olderThan: Double?

    @Argument(
        help: ArgumentHelp("One repository; all of them without it.", valueName: "repo"),
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
        abstract: "Remove unfinished uploads that are old.",
        discussion: """
            They go to the trash, from where `regtop trash restore` brings them back; `regtop trash empty` drops what they hold. A \
            file that belongs to something else as well, which an interrupted move of the old driver leaves, loses its name in the upload \
            only. --now skips the trash, and needs --offline.

            JSON: as of rm.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Option(
        help: ArgumentHelp("Only what began longer ago than this, such as 7d.", valueName: "duration"),
        transform: ArgumentText.durationOrZero)
    var olderThan: Double

    @Flag(help: "Skip the trash: what goes cannot be restored. Needs --offline.")
    var now = false

    @Argument(
        help: ArgumentHelp("Only those of these repositories.", valueName: "repo"),
        transform: ArgumentText.repository)
    var repositories: [RepositoryName] = []

    func validate() throws {
        if now, !registries.offline {
            throw ValidationError(
                "--now needs --offline: beside a registry that may be writing, nothing is removed at once")
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
