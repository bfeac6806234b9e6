import ArgumentParser

/// The format of a command's output.
nonisolated enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Aligned columns for people and for awk: no cell has a space.
    case plain
    /// One line of JSON.
    case json
    /// JSON with one value on each line.
    case jsonPretty = "json-pretty"

    /// Added to the answer to a wrong value: in other tools -f means "force".
    static let hint = "-f is --format; did you mean --yes?"

    /// - Throws: `ValidationError` if the text names no format.
    static func parse(_ text: String) throws -> OutputFormat {
        guard let format = OutputFormat(rawValue: text) else {
            throw ValidationError("must be plain, json or json-pretty; \(hint)")
        }
        return format
    }
}

/// `-f`, for every command that prints.
struct FormatOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("plain, json or json-pretty.", valueName: "format"),
        transform: OutputFormat.parse)
    var format: OutputFormat = .plain
}

/// The program's own log.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The log file. (default: $XDG_STATE_HOME/regtop/regtop.log, or the same in ~/.local/state)",
            valueName: "file"))
    var logFile: String?

    @Flag(name: .shortAndLong, help: "Write more to the log file.")
    var verbose = false
}
