import ArgumentParser

/// How a command prints what it found.
nonisolated enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Aligned columns for people, and for awk: no cell holds a space.
    case plain
    /// One line of JSON.
    case json
    /// JSON with one value a line.
    case jsonPretty = "json-pretty"

    /// What a wrong value is answered with: who comes from other tools means "force" by `-f`.
    static let hint = "-f is --format; did you mean --yes?"

    /// The format that the text says. Throws `ValidationError`.
    static func parse(_ text: String) throws -> OutputFormat {
        guard let format = OutputFormat(rawValue: text) else {
            throw ValidationError("it is none of plain, json, json-pretty; \(hint)")
        }
        return format
    }
}

/// `-f`, of every command that prints.
struct FormatOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("plain, json or json-pretty.", valueName: "format"),
        transform: OutputFormat.parse)
    var format: OutputFormat = .plain
}
