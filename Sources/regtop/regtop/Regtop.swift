import AdminCore
import ArgumentParser
import Foundation

/// The program with its subcommands.
@main
struct Regtop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regtop",
        abstract: "The administration console for Docker registries that live in Ceph RADOS.",
        discussion: """
            Without a subcommand regtop opens the console. Every screen of the console has a subcommand that prints the same as a table \
            or as JSON.

            regtop reads the pool of a registry v2.1 to v2.3 with the rados storage driver; no registry has to run. Only rm, mv, cp, trash, \
            uploads purge, gc, fsck --repair, recover and import change the pool, after a question, and load, which fills only empty \
            stores.

            EXAMPLES:
              regtop demo                      the console on a sample
              regtop                           the console on the only registry
              regtop -p registry repos         the repositories of a pool
              regtop repos -f json             the same for jq
              regtop rm --dry-run app/web:1.0  what deleting a tag would do

            Exit status: 0 done; 1 failed, partly failed, or answered No; 64 wrong usage; 130 cancelled.
            """,
        version: VersionText.text,
        subcommands: [ConsoleCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "What Is There",
                subcommands: [
                    ReposCommand.self, TagsCommand.self, ShowCommand.self, ChunksCommand.self, DiskUsageCommand.self,
                    WhyCommand.self, StatusCommand.self,
                ]),
            CommandGroup(
                name: "The Driver's Tree", subcommands: [ListCommand.self, StatCommand.self, CatCommand.self]),
            CommandGroup(
                name: "Change",
                subcommands: [
                    RemoveCommand.self, MoveCommand.self, CopyCommand.self, TrashCommand.self, RecoverCommand.self,
                    LogCommand.self,
                ]),
            CommandGroup(
                name: "Keep It Healthy",
                subcommands: [
                    CollectCommand.self, FsckCommand.self, VerifyCommand.self, UploadsCommand.self, DoctorCommand.self,
                ]),
            CommandGroup(
                name: "Leave the Driver", subcommands: [ExportCommand.self, CompareCommand.self, ImportCommand.self]),
            CommandGroup(
                name: "Whole Stores",
                subcommands: [
                    SnapshotCommand.self, DiffCommand.self, DumpCommand.self, LoadCommand.self, DemoCommand.self,
                ]),
        ],
        defaultSubcommand: ConsoleCommand.self)

    @MainActor
    static func main() async {
        Foundation.exit(await CommandRun.run(Array(CommandLine.arguments.dropFirst())))
    }
}

/// The text of `--version`, and its parts.
nonisolated enum VersionText {
    /// The version of the program, the commit and the date of the build, and the versions of Swift
    /// and librados, a line each.
    static var text: String {
        [program, "commit \(BuildVersion.commit ?? unknown)", "built \(BuildVersion.date ?? unknown)", swift, rados]
            .joined(separator: "\n")
    }

    /// `regtop 0.1.0`.
    static var program: String { "regtop \(BuildVersion.string)" }

    /// `Swift 6.3.1`: the compiler of the build.
    static var swift: String { "Swift \(BuildVersion.swift ?? unknown)" }

    /// `with RADOS through librados 3.0.0 (Ceph 16.2.15)`.
    static var rados: String {
        Session.radosVersion.map { "with RADOS through \($0)" } ?? "without RADOS: SQLite stores only"
    }

    /// The value in a source archive, which has no history.
    static let unknown = "unknown"
}
