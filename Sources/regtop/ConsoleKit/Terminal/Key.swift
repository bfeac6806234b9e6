/// A key that a person pressed, or another event of the terminal.
package nonisolated enum Key: Hashable, Sendable {
    case character(Character)
    /// A control key by its letter, in lower case.
    case control(Character)
    /// A character with Alt, or after Esc.
    case meta(Character)
    case function(Int)
    case up, down, left, right
    case home, end, pageUp, pageDown
    case enter, escape, backspace, delete, insert, tab, backtab
    /// The terminal has another size.
    case resize
    case mouse(MouseEvent)
    /// A text that was pasted, with its line ends.
    case paste(String)

    /// The number of keys that the terminal sent: Alt comes as Esc and a character.
    var strokes: Int {
        switch self {
        case .meta: 2
        case .paste(let text): text.unicodeScalars.count
        default: 1
        }
    }

    /// The text that the key stands for in a pasted text; nil for none.
    var text: String? {
        switch self {
        case .character(let character): String(character)
        case .enter: "\n"
        case .tab: "\t"
        default: nil
        }
    }

    /// The name of the key in hints and on the help page.
    package var label: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let letter): "^" + letter.uppercased()
        case .meta(let character): "M-" + String(character)
        case .function(let number): "F\(number)"
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .enter: "Enter"
        case .escape: "Esc"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .insert: "Ins"
        case .tab: "Tab"
        case .backtab: "Shift-Tab"
        case .resize: "resize"
        case .mouse: "mouse"
        case .paste: "paste"
        }
    }
}

nonisolated extension Key {
    /// The keys with names. The others are characters, control keys and function keys.
    private static let named: [Key] = [
        .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .enter, .escape, .backspace, .delete, .insert, .tab,
        .backtab, .character(" "),
    ]

    /// Reads a key as hints show it: a character, `Enter`, `F5`, `^L`. Returns nil for a text that
    /// names no key of a command.
    package init?(label: String) {
        if let key = Self.named.first(where: { $0.label.lowercased() == label.lowercased() }) {
            self = key
        } else if label.count == 1, let character = label.first, KeyParser.isVisible(character) {
            self = .character(character)
        } else if label.count == 2, label.first == "^", let letter = label.last?.lowercased().first,
            "a"..."z" ~= letter, !"chijmqsz".contains(letter)
        {
            // The others are Enter, Tab, Backspace, or keys that the terminal takes.
            self = .control(letter)
        } else if label.first?.lowercased() == "f", let number = Int(label.dropFirst()), (1...24).contains(number) {
            self = .function(number)
        } else {
            return nil
        }
    }
}

/// An event of the mouse, with its place on the screen, counted from 0.
package nonisolated struct MouseEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case click, doubleClick, wheelUp, wheelDown
    }

    let kind: Kind
    let row: Int
    let column: Int
}
