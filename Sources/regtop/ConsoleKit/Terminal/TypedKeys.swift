import CNcurses

/// Assembles keys from the bytes of a terminal or from the characters of curses.
///
/// Alt comes as Esc and a character. Of an escape sequence that the terminal's description lacks,
/// curses returns Esc and the letters, and the console would run these as commands. Such a sequence
/// becomes the key that it stands for on other terminals, or nothing.
nonisolated struct TypedKeys {
    private var keys: [Key] = []
    /// The bytes of a sequence after `Esc [` or `Esc O`; nil outside a sequence.
    private var sequence: [UInt8]?
    private var introducer = UInt8(ascii: "[")

    /// Takes the bytes of a terminal that curses does not read. Invalid UTF-8 is left out.
    mutating func take(bytes: some Sequence<UInt8>) {
        var iterator = bytes.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded): take(character: Unicode.UTF8.decode(encoded).value)
            case .error: continue
            case .emptyInput: return
            }
        }
    }

    /// Takes a character from curses.
    mutating func take(character code: UInt32) {
        if let body = sequence {
            switch code {
            case 0x20...0x3f:
                sequence = body + [UInt8(code)]
                return
            case 0x40...0x7e:
                sequence = nil
                if let key = Self.sequence(String(decoding: body, as: UTF8.self), UInt8(code)) { keys.append(key) }
                return
            default: sequence = nil
            }
        }
        guard let key = KeyDecoder.key(character: code) else { return }
        guard keys.last == .escape else { return keys.append(key) }
        switch code {
        case UInt32(UInt8(ascii: "[")), UInt32(UInt8(ascii: "O")):
            keys.removeLast()
            introducer = UInt8(code)
            sequence = []
        default:
            if let character = KeyDecoder.afterEscape(key) {
                keys[keys.count - 1] = .meta(character)
            } else {
                keys.append(key)
            }
        }
    }

    /// Takes a key that curses knows.
    mutating func take(_ key: Key) {
        sequence = nil
        keys.append(key)
    }

    /// Returns the keys so far. An incomplete sequence goes on with the next input; if only its
    /// beginning is there, the person pressed Alt.
    mutating func drain() -> [Key] {
        if sequence?.isEmpty == true {
            keys.append(.meta(Character(UnicodeScalar(introducer))))
            sequence = nil
        }
        defer { keys = [] }
        return keys
    }

    /// Returns the key of a sequence by the bytes after `Esc [` or `Esc O`; nil for an unknown one.
    private static func sequence(_ body: String, _ last: UInt8) -> Key? {
        switch (body, Character(UnicodeScalar(last))) {
        case (_, "A"): .up
        case (_, "B"): .down
        case (_, "C"): .right
        case (_, "D"): .left
        case (_, "H"), ("1", "~"), ("7", "~"): .home
        case (_, "F"), ("4", "~"), ("8", "~"): .end
        case ("5", "~"): .pageUp
        case ("6", "~"): .pageDown
        case ("2", "~"): .insert
        case ("3", "~"): .delete
        case (_, "P"): .function(1)
        case (_, "Z"): .backtab
        default: nil
        }
    }
}

/// Turns codes of curses into keys.
nonisolated enum KeyDecoder {
    /// Returns the key of a character; nil if no key sends it.
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

    /// Returns the character that an Esc before the key turns into a key with Alt; nil for none.
    static func afterEscape(_ key: Key) -> Character? {
        switch key {
        case .character(let character): character
        case .backspace: "\u{7f}"
        default: nil
        }
    }

    /// Returns the key of a `KEY_` code of curses; nil for a key that the console does not use.
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
