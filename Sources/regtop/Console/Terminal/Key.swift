/// A key as the screens know it.
nonisolated enum Key: Hashable, Sendable {
    case character(Character)
    /// A control key by its letter, in lower case.
    case control(Character)
    case function(Int)
    case up, down, left, right
    case home, end, pageUp, pageDown
    case enter, escape, backspace, delete, insert, tab, backtab
    /// The terminal has another size.
    case resize

    /// How hints and the help page call it.
    var label: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let letter): "^" + letter.uppercased()
        case .function(let number): "F\(number)"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
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
        }
    }
}
