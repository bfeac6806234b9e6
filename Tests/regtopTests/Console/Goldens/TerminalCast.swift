import Foundation

/// A recording of a terminal in the format asciicast v2, in which each event is a screen that a
/// real terminal shows. The times are those of a viewer, not those of the run, so that every run
/// records the same.
struct TerminalCast {
    /// One thing that the user does, and the seconds for which its screen stays.
    enum Step {
        /// A key by the name that tmux gives it.
        case press(String, stays: Double)
        /// A text, key by key.
        case type(String, stays: Double)
    }

    private static let (columns, rows) = (100, 24)
    private static let typing = 0.09

    /// The file.
    private(set) var text: String
    private var time = 0.0
    private var shown: [String] = []

    /// Plays the steps in the console on the sample; the last step ends it.
    static func record(_ steps: [Step]) async throws -> String {
        let environment = ["TERM=tmux-256color", "COLORTERM=truecolor"]
        return try await TerminalWindow.with(["demo"], columns: columns, rows: rows, environment: environment) {
            window in
            var cast = TerminalCast()
            cast.command("regtop demo")
            try await window.idle()
            try await cast.take(window, stays: 2.5)
            guard case .press(let last, let end)? = steps.last else { return cast.text }
            for step in steps.dropLast() {
                switch step {
                case .press(let key, let seconds):
                    try await window.press(key)
                    try await cast.take(window, stays: seconds)
                case .type(let text, let seconds):
                    for character in text {
                        try await window.type(String(character))
                        try await cast.take(window, stays: typing)
                    }
                    cast.time += seconds
                }
            }
            _ = try await window.finish(last)
            cast.add("\u{1b}[?1049l\u{1b}[?25h$ ", stays: end)
            cast.add("\r\n", stays: 0)
            return cast.text
        }
    }

    private init() {
        text =
            "{\"version\": 2, \"width\": \(Self.columns), \"height\": \(Self.rows), \"title\": \"regtop on its sample registry\", "
            + "\"env\": {\"TERM\": \"xterm-256color\"}}\n"
    }

    /// A shell with a command, which the user types.
    private mutating func command(_ words: String) {
        add("$ ", stays: 0.8)
        for character in words { add(String(character), stays: Self.typing) }
        add("\r\n\u{1b}[?1049h\u{1b}[2J", stays: 0.1)
    }

    /// Adds the rows of the screen that have changed, and the cursor.
    private mutating func take(_ window: TerminalWindow, stays seconds: Double) async throws {
        let rows = Self.rows(try await window.colours())
        let cursor = try await window.variable("cursor_flag};#{cursor_y};#{cursor_x").split(separator: ";").compactMap {
            Int($0)
        }
        var output = ""
        for (number, row) in rows.enumerated() where number >= shown.count || shown[number] != row {
            // Erasing takes the background of the moment.
            output += "\u{1b}[\(number + 1);1H\(row)\u{1b}[0m\u{1b}[K"
        }
        shown = rows
        if cursor.count == 3, cursor[0] == 1 {
            output += "\u{1b}[\(cursor[1] + 1);\(cursor[2] + 1)H\u{1b}[?25h"
        } else {
            output += "\u{1b}[?25l"
        }
        add(output, stays: seconds)
    }

    private mutating func add(_ output: String, stays seconds: Double) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let string = (try? encoder.encode(output)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        let hundredths = Int((time * 100).rounded())
        text += "[\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100), \"o\", \(string)]\n"
        time += seconds
    }

    /// The rows of a capture, each with all sequences that it needs and without blanks at its end:
    /// whether those were written depends on how curses came to the screen.
    private static func rows(_ capture: String) -> [String] {
        let shown = TerminalPicture(capture).rows.map { runs in
            var runs = runs
            while let last = runs.last, last.look.background == nil, !last.look.isReversed {
                runs.removeLast()
                let text = last.text.replacing(/\ +$/, with: "")
                guard text.isEmpty else {
                    runs.append(.init(look: last.look, column: last.column, text: text))
                    break
                }
            }
            return runs.map { $0.look.sequence + $0.text }.joined()
        }
        return shown + Array(repeating: "", count: rows - shown.count)
    }
}
