import Foundation
import Testing

@testable import ConsoleKit

/// The picture at the top of the README and the recording below it are what a real terminal with
/// 256 colours shows.
@Suite(.timeLimit(.minutes(15))) struct PictureTests {
    /// UPDATE_GOLDEN=1 draws it anew.
    @Test func thePictureOfTheReadmeIsCurrent() async throws {
        let environment = ["TERM=tmux-256color", "COLORTERM=truecolor"]
        try await TerminalWindow.with(["demo"], columns: 100, rows: 20, environment: environment) { window in
            try await window.idle()
            try await window.play(Scene("", .run("unique"), .run("sort unique")))
            for _ in 0..<3 { try await window.press("Space") }
            try check(TerminalPicture(try await window.colours()).svg, "docs/console.svg")
        }
    }

    /// A minute of the console as a recording; UPDATE_GOLDEN=1 records it anew.
    @Test func theRecordingIsCurrent() async throws {
        let cast = try await TerminalCast.record([
            // What only one repository needs, the largest first.
            .press("%", stays: 1.5), .type(":sort unique", stays: 0.4), .press("Enter", stays: 2),
            .press("Down", stays: 0.5), .press("Down", stays: 0.5),
            // Old repositories go to the trash.
            .type("/attic", stays: 0.5), .press("Enter", stays: 1),
            .press("Space", stays: 0.6), .press("Space", stays: 0.6), .press("Space", stays: 1.5),
            .press("d", stays: 4), .type("3", stays: 0.8), .press("Enter", stays: 3), .press("Escape", stays: 0.8),
            // From an image down to its chunks, and back up to its users.
            .type("/ml/w", stays: 0.4), .press("Enter", stays: 0.7), .press("Enter", stays: 1.5),
            .press("Enter", stays: 2.5), .type(":sort size", stays: 0.3), .press("Enter", stays: 0.8),
            .press("Enter", stays: 3.5), .press("w", stays: 2.5), .press("q", stays: 0.4), .press("q", stays: 0.4),
            .press("q", stays: 0.4), .press("q", stays: 0.4), .press("Escape", stays: 0.8),
            // Damage, and the use of space.
            .press("F", stays: 3.5), .press("Down", stays: 0.7), .press("Down", stays: 0.7), .press("Down", stays: 2),
            .press("q", stays: 0.5), .press("b", stays: 3.5), .press("q", stays: 0.5),
            .press("?", stays: 3.5), .press("q", stays: 0.8), .press("q", stays: 1.5),
        ])
        let last = cast.split(separator: "\n").last?.dropFirst().prefix { $0 != "." }
        #expect(last.flatMap { Int($0) }.map { (55...65).contains($0) } == true, "it ends after \(last ?? "") s")
        try check(cast, "docs/console.cast")
    }

    /// Compares a file of the repository with its new text, or writes it.
    private func check(_ text: String, _ path: String) throws {
        var file = URL(filePath: #filePath)
        for _ in 0..<5 { file.deleteLastPathComponent() }
        file.append(path: path)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            return try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        #expect(text == kept, "\(path) is old; after a look at it, UPDATE_GOLDEN=1 makes it anew")
    }
}

/// A screen with its colours as an SVG. Understands what `tmux capture-pane -e` writes: texts and
/// SGR sequences.
struct TerminalPicture {
    struct Look: Equatable {
        var foreground: Int?
        var background: Int?
        var isBold = false
        var isDim = false
        var isUnderlined = false
        var isReversed = false

        /// The sequence that sets this look, whatever the look was before.
        var sequence: String {
            var numbers = ["0"]
            if isBold { numbers.append("1") }
            if isDim { numbers.append("2") }
            if isUnderlined { numbers.append("4") }
            if isReversed { numbers.append("7") }
            if let foreground { numbers.append("38;5;\(foreground)") }
            if let background { numbers.append("48;5;\(background)") }
            return "\u{1b}[\(numbers.joined(separator: ";"))m"
        }
    }

    struct Run {
        let look: Look
        let column: Int
        let text: String
    }

    private static let (cell, row, edge) = (8.4, 18, 12)
    private static let (paper, ink) = ("#16191d", "#d6dade")

    let rows: [[Run]]

    init(_ capture: String) {
        var lines = capture.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        // A look goes on in the next row.
        var look = Look()
        rows = lines.map { Self.runs(of: Self.steady($0), &look) }
    }

    /// Replaces what differs from run to run: the load and the size of the store, which the header
    /// refreshes from time to time, and the identifiers of blobs.
    private static func steady(_ line: String) -> String {
        line.replacing(/in flight [0-9]+, [0-9.]+ ms */) { match in
            "in flight 0, 0.3 ms".padding(toLength: match.output.count, withPad: " ", startingAt: 0)
        }
        .replacing(/[0-9]+\.[0-9] MiB  [0-9,]+ objects/, with: "12.0 MiB  1,372 objects")
        .replacing(
            /blob:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "blob:46220c3a-ed44-4c5b-a793-9f3220ff897d")
    }

    private static func runs(of line: String, _ look: inout Look) -> [Run] {
        var runs: [Run] = []
        var (column, text) = (0, "")
        var rest = Substring(line)
        func end(_ look: Look) {
            if !text.isEmpty { runs.append(Run(look: look, column: column - text.count, text: text)) }
            text = ""
        }
        while let character = rest.popFirst() {
            guard character == "\u{1b}" else {
                text.append(character)
                column += 1
                continue
            }
            end(look)
            let sequence = rest.prefix { $0 != "m" }
            rest = rest.dropFirst(sequence.count + 1)
            apply(sequence.dropFirst().split(separator: ";").map { Int($0) ?? 0 }, to: &look)
        }
        end(look)
        return runs
    }

    private static func apply(_ numbers: [Int], to look: inout Look) {
        var rest = ArraySlice(numbers.isEmpty ? [0] : numbers)
        while let number = rest.popFirst() {
            switch number {
            case 0: look = Look()
            case 1: look.isBold = true
            case 2: look.isDim = true
            case 4: look.isUnderlined = true
            case 7: look.isReversed = true
            case 22: (look.isBold, look.isDim) = (false, false)
            case 24: look.isUnderlined = false
            case 27: look.isReversed = false
            case 30...37: look.foreground = number - 30
            case 39: look.foreground = nil
            case 40...47: look.background = number - 40
            case 49: look.background = nil
            case 90...97: look.foreground = number - 82
            case 38, 48:
                guard rest.popFirst() == 5, let colour = rest.popFirst() else { return }
                if number == 38 { look.foreground = colour } else { look.background = colour }
            default: break
            }
        }
    }

    /// The colour of a number in xterm's palette.
    private static func colour(_ number: Int) -> String {
        let basic = [
            "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5", "#666666",
            "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
        ]
        if number < 16 { return basic[max(0, number)] }
        let parts =
            number < 232
            ? [(number - 16) / 36, (number - 16) / 6 % 6, (number - 16) % 6].map { $0 == 0 ? 0 : 55 + $0 * 40 }
            : Array(repeating: 8 + (number - 232) * 10, count: 3)
        return "#" + parts.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    var svg: String {
        let columns = rows.flatMap { $0 }.map { $0.column + $0.text.count }.max() ?? 0
        let (width, height) = (Int(Double(columns) * Self.cell) + 2 * Self.edge, rows.count * Self.row + 2 * Self.edge)
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(width) \#(height)" font-size="14" "#
                + #"font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace">"#,
            #"<rect width="100%" height="100%" rx="8" fill="\#(Self.paper)"/>"#,
        ]
        for (number, row) in rows.enumerated() {
            for run in row { lines += Self.shapes(of: run, top: Self.edge + number * Self.row) }
        }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private static func shapes(of run: Run, top: Int) -> [String] {
        var ink = run.look.foreground.map(colour) ?? Self.ink
        var paper = run.look.background.map(colour)
        if run.look.isReversed { (ink, paper) = (paper ?? Self.paper, ink) }
        func place(_ column: Int) -> String { "\((Double(edge) + Double(column) * cell).rounded(to: 10))" }
        let width = (Double(run.text.count) * cell).rounded(to: 10)
        var shapes: [String] = []
        if let paper {
            shapes.append(
                #"<rect x="\#(place(run.column))" y="\#(top)" width="\#(width)" height="\#(row)" fill="\#(paper)"/>"#)
        }
        let text = run.text.drop { $0 == " " }
        if text.isEmpty { return shapes }
        var style = run.look.isBold ? #" font-weight="bold""# : ""
        if run.look.isUnderlined { style += #" text-decoration="underline""# }
        if run.look.isDim { style += #" opacity="0.6""# }
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let start = run.column + run.text.count - text.count
        // Fonts differ in width; the length keeps the columns.
        shapes.append(
            #"<text x="\#(place(start))" y="\#(top + 14)" textLength="\#((Double(text.count) * cell).rounded(to: 10))" "#
                + #"xml:space="preserve" fill="\#(ink)"\#(style)>\#(escaped)</text>"#)
        return shapes
    }
}

extension Double {
    /// Rounded to this fraction of one.
    fileprivate func rounded(to parts: Double) -> Double { (self * parts).rounded() / parts }
}
