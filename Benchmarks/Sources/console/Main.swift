import Foundation

/// Measures a program on a terminal: the time to its first frame, the time and the bytes of a key,
/// and the memory of rows. Works for regtop and for other programs.
///
///     console registry ROWS                   prints a dump of a registry for `regtop load`
///     console ncdu ROWS                       prints an export of ncdu of the same size
///     console measure FRAME MARK PROGRAM...   waits for FRAME, then for MARK, then presses keys
@main
enum Main {
    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "registry": Rows.registry(words.dropFirst().first.flatMap { Int($0) } ?? 100_000) { print($0) }
        case "ncdu": Rows.ncdu(words.dropFirst().first.flatMap { Int($0) } ?? 100_000) { print($0) }
        case "measure" where words.count >= 4:
            try Measurement.run(frame: words[1], mark: words[2], Array(words[3...]))
        default:
            FileHandle.standardError.write(
                Data("console registry ROWS | ncdu ROWS | measure FRAME MARK PROGRAM...\n".utf8))
            exit(64)
        }
    }
}
