import AdminCore
import ConsoleKit
import SafeText
import ArgumentParser
import Foundation

/// `regtop` without a subcommand.
struct ConsoleCommand: ConsoleStarting {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Open the console.",
        discussion: """
            `regtop` without a subcommand does the same. Press ? in the console for its keys.

            EXAMPLES:
              regtop -p registry
              regtop --read-only --store sqlite:copy.db
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var look: LookOptions

    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32 {
        try await ConsoleStart.run(store.session(waiting: true), store.log, look)
    }
}

/// The appearance of the console and its use of the mouse.
struct LookOptions: ParsableArguments {
    @Flag(help: "Leave the mouse to the terminal, to select text.")
    var noMouse = false

    @Flag(help: "Write only what is new, line by line, for screen readers.")
    var linear = false

    @Flag(help: "Show times in UTC, and not in the zone of this machine.")
    var utc = false

    /// The options, completed by the configuration.
    func look(_ settings: Settings) -> Look {
        Look(
            hasMouse: !noMouse && settings.hasMouse, hasDetails: settings.hasDetails, isLinear: linear,
            theme: settings.theme, paints: settings.paints)
    }
}

/// A command that hands the terminal to the console, which handles signals and standard streams.
nonisolated protocol ConsoleStarting: ParsableCommand {
    /// Runs the console until the user leaves it.
    ///
    /// - Returns: The exit status.
    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32
}

/// Starts the console.
enum ConsoleStart {
    /// Opens the log file and runs the console.
    ///
    /// - Returns: The exit status.
    static func run(_ options: SessionOptions, _ log: LogOptions, _ look: LookOptions) async throws -> Int32 {
        let file = LogFile.begin(log)
        var options = options
        let settings = SettingsFile.read()
        options.rados.logFile = file?.path
        if !look.utc { HumanText.show(in: WallClock.zone) }
        return try await ConsoleApp.run(options, log: file?.path, look: look.look(settings), settings: settings)
    }
}

/// `regtop demo [FILE]`
struct DemoCommand: ConsoleStarting {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Open the console on an embedded sample registry.",
        usage: "regtop demo [<options>] [<file>]",
        discussion: """
            The sample has shared layers, old images, unfinished uploads, and one specimen of each kind of damage that the storage driver \
            of a registry is known for. It needs no cluster, so you can delete and move everything.

            Without FILE the sample is in memory and disappears at the end. FILE is created if it does not exist; all commands can open it \
            with --store sqlite:FILE. Without a terminal, only FILE is made.

            EXAMPLES:
              regtop demo
              regtop demo sample.db
              regtop repos --store sqlite:sample.db
            """)

    @Flag(help: "Forbid changes.")
    var readOnly = false

    @OptionGroup var log: LogOptions
    @OptionGroup var look: LookOptions

    @Argument(help: ArgumentHelp("The file for the sample.", valueName: "file"), completion: .file())
    var file: String?

    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32 {
        let options = SessionOptions(location: .sample(path: file), readOnly: readOnly)
        if let file, isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 {
            // Without a terminal there is no console, but the other commands can use the sample.
            await (try Session.open(options)).close()
            streams.tell("regtop: \(VisibleText.of(file)) has the sample; use it with --store sqlite:FILE\n")
            await streams.flush()
            return 0
        }
        return try await ConsoleStart.run(options, log, look)
    }
}
