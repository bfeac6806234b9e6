import ArgumentParser

/// Measures a program on a terminal: the time to its first frame, the time and the bytes of a key,
/// and the memory of rows. Works for regtop and for other programs.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Measures a program on a terminal.",
        subcommands: [Measure.self, Registry.self, Ncdu.self])

    struct Measure: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Waits for the first frame, then for a mark, then presses keys.")

        @Argument(help: "What the first frame has, whatever is still to come.")
        var frame: String
        @Argument(help: "What says that the first rows are there.")
        var mark: String
        @Argument(parsing: .captureForPassthrough)
        var program: [String]

        func run() throws { try ConsoleMeasurement.run(frame: frame, mark: mark, program) }
    }

    struct Registry: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints a dump of a registry for regtop load.")

        @Argument var rows: Int

        func run() { Rows.registry(rows) { print($0) } }
    }

    struct Ncdu: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints an export of ncdu of the same size.")

        @Argument var rows: Int

        func run() { Rows.ncdu(rows) { print($0) } }
    }
}
