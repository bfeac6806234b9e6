import AdminCore
import ArgumentParser
import Foundation

/// `regtop demo [FILE]`
struct DemoCommand: ConsoleStarting {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Open the console on an embedded sample registry.",
        usage: "regtop demo [<options>] [<file>]",
        discussion: """
            A registry as some years might have left it: shared layers, old images, stale and unfinished things, and one specimen of each \
            damage that its storage driver is known for. Nothing of it is a cluster's: delete and move as you like.

            In memory, and gone in the end; or in FILE, which is made and kept, or opened if it is there. All commands work on it \
            through --store sqlite:FILE.

            EXAMPLES:
              regtop demo
              regtop demo sample.db
              regtop repos --store sqlite:sample.db
            """)

    @Flag(help: "Open the sample in a way that cannot change anything.")
    var readOnly = false

    @OptionGroup var log: LogOptions
    @OptionGroup var look: LookOptions

    @Argument(help: ArgumentHelp("Where the sample is kept.", valueName: "file"))
    var file: String?

    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32 {
        let options = SessionOptions(location: .sample(path: file), readOnly: readOnly)
        if let file, isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 {
            // No console can come of this, but the sample can be had for the other commands.
            await (try Session.open(options)).close()
            streams.tell("regtop: \(VisibleText.of(file)) holds the sample, for --store sqlite:FILE\n")
        }
        return try await ConsoleStart.run(options, log, look)
    }
}
