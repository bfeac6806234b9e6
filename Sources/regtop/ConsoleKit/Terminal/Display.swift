import SafeText
import Foundation

/// Shows frames to a person and returns the keys of that person: a full screen, or lines one below
/// the other.
protocol Display: AnyObject {
    var size: Size { get }
    /// A sentence about the terminal that the user should know; nil for none.
    var notice: String? { get }
    /// Returns the input since the last call, at once. A ^Z suspends the process within this call.
    func read() -> DisplayInput
    func show(_ frame: Frame)
    /// Shows everything again with the next frame.
    func redraw()
    /// Changes the colours and the use of the mouse. Returns the reason if this has no effect.
    func adopt(_ look: Look) -> String?
    /// Puts a text into the terminal's clipboard if the terminal accepts it.
    func copy(_ text: String)
    /// Restores the terminal. A second call does nothing.
    func stop()
}

/// The keys and signals since the last look.
nonisolated struct DisplayInput: Equatable {
    var keys: [Key]
    /// True if the keys came faster than a person answers a question.
    let isHurried: Bool
    /// The number of a signal that asks the program to end.
    var ending: Int32?

    init(_ typed: TypedKeys) {
        keys = typed.keys
        isHurried = typed.isHurried
    }
}

/// The options of the user for the display.
package nonisolated struct Look: Sendable, Equatable {
    /// True if the console takes clicks, double clicks and the wheel.
    package var hasMouse = true
    /// True if a wide console shows the details of the row under the cursor beside a table.
    package var hasDetails = true
    /// True if the console writes line by line, for screen readers.
    package var isLinear = false
    package var theme = Theme.standard
    /// The user's own looks, which replace those of the theme.
    package var paints: [Style: Paint] = [:]

    package init(
        hasMouse: Bool = true, hasDetails: Bool = true, isLinear: Bool = false, theme: Theme = .standard,
        paints: [Style: Paint] = [:]
    ) {
        self.hasMouse = hasMouse
        self.hasDetails = hasDetails
        self.isLinear = isLinear
        self.theme = theme
        self.paints = paints
    }
}

/// The reason why a console is not possible. Each description is one sentence that tells what to
/// do.
package nonisolated enum TerminalError: Error, Equatable, CustomStringConvertible {
    /// The standard stream of this name is not a terminal.
    case notATerminal(String)
    /// `TERM` is not set, or names a terminal on which no full screen is possible.
    case unusableType(String?)
    case system(String, code: Int32)

    package var description: String {
        switch self {
        case .notATerminal(let stream):
            "The console needs a terminal, but standard \(stream) is not a terminal; "
                + "use a command such as \"regtop repos\" here."
        case .unusableType(nil):
            "The console needs the type of the terminal, but TERM is not set; set it, for example to xterm-256color."
        case .unusableType(let type?):
            "The console cannot draw on a terminal of the type \"\(VisibleText.of(type))\"; set TERM to the type of "
                + "your terminal, or use a command such as \"regtop repos\"."
        case .system(let action, let code):
            "The console could not \(action): error \(code)."
        }
    }
}

/// The terminal types that stand in for a type without a description on this machine.
nonisolated enum TerminalFamily {
    /// Returns the types to draw as, the best first; none for a type of an unknown family.
    static func bases(of type: String) -> [String] {
        let families: [(prefixes: [String], bases: [String])] = [
            (["tmux"], ["tmux-256color", "screen-256color", "screen"]),
            (["screen"], ["screen-256color", "screen"]),
            (["rxvt"], ["rxvt-256color", "rxvt", "xterm"]),
            (
                ["xterm", "alacritty", "foot", "ghostty", "kitty", "wezterm", "konsole", "gnome", "vte", "iterm2"],
                ["xterm-256color", "xterm"]
            ),
        ]
        let family = families.first { $0.prefixes.contains { type == $0 || type.hasPrefix($0 + "-") } }
        return family?.bases ?? []
    }
}

/// Text for terminals without UTF-8. Each replacement is as wide as the original character, so that
/// widgets need not know of it.
nonisolated enum ASCIIFallback {
    /// Returns a whole text. Combining marks, which take no column, are left out.
    static func of(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(contentsOf: repeatElement(of(scalar), count: DisplayWidth.of(scalar) ?? 1))
        }
        return String(plain)
    }

    static func of(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case _ where scalar.value < 0x80: scalar
        case "█": "#"
        case "▉", "▊", "▋", "▌", "▒": "="
        case "▍", "▎", "▏", "░", "─", "–": "-"
        case "·": "."
        case "│": "|"
        case "…": "~"
        case "▲", "↑": "^"
        case "▼", "▾", "↓": "v"
        case "→", "▶", "▸", "›": ">"
        case "←", "◀": "<"
        default: "?"
        }
    }
}

/// The escape sequence that puts a text into a terminal's clipboard (OSC 52). The text goes as
/// base64, so that it cannot have escape sequences of its own.
nonisolated enum ClipboardSequence {
    /// The longest text, in bytes; terminals drop much longer ones.
    static let limit = 50_000

    static func of(_ text: String) -> String {
        "\u{1b}]52;c;\(Data(text.utf8.prefix(limit)).base64EncodedString())\u{7}"
    }
}
