import Foundation

/// What a program on a terminal costs: how long until it shows something, how long a key takes and how many bytes it sends, how much
/// memory rows take. The same for regtop and for others.
///
///     console registry ROWS                   a registry of so many repositories, as a dump for `regtop load`
///     console ncdu ROWS                       as many entries, as an export of ncdu
///     console measure FRAME MARK PROGRAM...   until FRAME is on the screen, until MARK is, then keys
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
