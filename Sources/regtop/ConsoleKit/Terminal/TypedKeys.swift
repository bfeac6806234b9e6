/// Puts together what was typed, as bytes or as curses reads it: Alt comes as Esc with a character right behind it; and of a sequence that the
/// terminal's description does not have, curses gives Esc and then its letters, which would be run as commands. Such a sequence becomes
/// the key that it is on other terminals, or nothing.
nonisolated struct TypedKeys {
    private var keys: [Key] = []
    /// The bytes of a sequence, behind `Esc [` or `Esc O`; nil where none has begun.
    private var sequence: [UInt8]?
    private var introducer = UInt8(ascii: "[")

    /// Bytes as a terminal sends them, where curses does not read them. What is no UTF-8 is left out.
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

    /// A character as curses gives it.
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
            if let character = KeyDecoder.behindEscape(key) {
                keys[keys.count - 1] = .meta(character)
            } else {
                keys.append(key)
            }
        }
    }

    /// A key that curses knows.
    mutating func take(_ key: Key) {
        sequence = nil
        keys.append(key)
    }

    /// Everything that was typed by now. What has begun as a sequence goes on with what comes next; if nothing followed its beginning, somebody
    /// has pressed Alt.
    mutating func drain() -> [Key] {
        if sequence?.isEmpty == true {
            keys.append(.meta(Character(UnicodeScalar(introducer))))
            sequence = nil
        }
        defer { keys = [] }
        return keys
    }

    /// What a sequence stands for, by what is behind `Esc [` or `Esc O`; nil for what means nothing here.
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
