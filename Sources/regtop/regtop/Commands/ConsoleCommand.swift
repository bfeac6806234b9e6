import AdminCore
import ArgumentParser

/// `regtop` without a subcommand.
struct ConsoleCommand: ConsoleStarting {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Open the console.",
        discussion: """
            What `regtop` without a subcommand does. `?` in the console explains its keys.

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

/// How the console looks and listens.
struct LookOptions: ParsableArguments {
    @Flag(help: "Leave the mouse to the terminal, for choosing text with it.")
    var noMouse = false

    @Flag(help: "Write line by line what is new, for screen readers: no boxes, nothing drawn twice.")
    var linear = false

    /// What the options say; where they say nothing, the configuration does.
    func look(_ settings: Settings) -> Look { Look(hasMouse: !noMouse && settings.hasMouse, isLinear: linear) }
}

/// A command that gives the terminal to the console: it deals with signals and standard streams itself.
nonisolated protocol ConsoleStarting: ParsableCommand {
    /// Runs the console until the user leaves it; the exit status.
    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32
}

/// How the console is started, whatever it is to show.
enum ConsoleStart {
    /// Opens the log and runs the console; the exit status.
    static func run(_ options: SessionOptions, _ log: LogOptions, _ look: LookOptions) async throws -> Int32 {
        let file = LogFile.begin(log)
        var options = options
        let settings = SettingsFile.read()
        options.rados.logFile = file?.path
        return try await ConsoleApp.run(options, log: file?.path, look: look.look(settings), settings: settings)
    }
}
