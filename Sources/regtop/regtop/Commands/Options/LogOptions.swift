import ArgumentParser

/// Where the program's own log goes.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The log. (default: $XDG_STATE_HOME/regtop/regtop.log, or below ~/.local/state)", valueName: "file"))
    var logFile: String?

    @Flag(name: .shortAndLong, help: "Log more, to the log file.")
    var verbose = false
}
