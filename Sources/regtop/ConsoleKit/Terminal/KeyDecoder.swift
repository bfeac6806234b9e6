import CNcurses

/// From what curses reads to a key.
nonisolated enum KeyDecoder {
    /// A character as it was typed; nil for what no key stands for.
    static func key(character code: UInt32) -> Key? {
        switch code {
        case 0x0a, 0x0d: return .enter
        case 0x09: return .tab
        case 0x1b: return .escape
        case 0x08, 0x7f: return .backspace
        case 0x00: return .control(" ")
        case 0x01...0x1a: return .control(Character(UnicodeScalar(UInt8(code + 0x60))))
        case 0x1c...0x1f: return .control(Character(UnicodeScalar(UInt8(code + 0x40))))
        default:
            guard let scalar = Unicode.Scalar(code), scalar.properties.generalCategory != .control else { return nil }
            return .character(Character(scalar))
        }
    }

    /// The character of a key that makes one with the Esc before it.
    static func behindEscape(_ key: Key) -> Character? {
        switch key {
        case .character(let character): character
        case .backspace: "\u{7f}"
        default: nil
        }
    }

    /// One of curses' `KEY_` codes; nil for keys that regtop has no use for.
    static func key(function code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_HOME, KEY_FIND: .home
        case KEY_END, KEY_SELECT: .end
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_ENTER: .enter
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_IC: .insert
        case KEY_BTAB: .backtab
        case KEY_RESIZE: .resize
        case (CNcurses_f0 + 1)...(CNcurses_f0 + 24): .function(Int(code - CNcurses_f0))
        default: nil
        }
    }
}
