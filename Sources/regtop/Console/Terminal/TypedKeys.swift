/// Puts together what curses reads one by one: Alt comes as Esc with a character right behind it; and of a sequence that the terminal's
/// description does not have, curses gives Esc and then its letters, which would be run as commands. Such a sequence becomes the key
/// that it is on other terminals, or nothing.
nonisolated struct TypedKeys {
    private(set) var keys: [Key] = []
    /// The bytes of a sequence, behind `Esc [` or `Esc O`; nil where none has begun.
    private var sequence: [UInt8]?
    private var introducer = UInt8(ascii: "[")

    /// A character as curses gives it.
    mutating func take(character code: UInt32) {
        if let body = sequence {
            switch code {
            case 0x20...0x3f:
                sequence = body + [UInt8(code)]
                return
            case 0x40...0x7e:
                sequence = nil
                if let key = ByteKeys.sequence(String(decoding: body, as: UTF8.self), UInt8(code)) { keys.append(key) }
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
}
