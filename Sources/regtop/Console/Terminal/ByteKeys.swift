/// From the bytes that a terminal sends to keys, where curses does not read them.
nonisolated enum ByteKeys {
    /// All keys of some bytes. A sequence that means nothing here is skipped whole.
    static func keys(_ bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let first = rest.first {
            if first == 0x1b {
                rest = rest.dropFirst()
                if let next = rest.first, next == UInt8(ascii: "[") || next == UInt8(ascii: "O"), rest.count > 1 {
                    rest = rest.dropFirst()
                    let body = rest.prefix { !(0x40...0x7e).contains($0) }
                    let last = rest.dropFirst(body.count).first
                    rest = rest.dropFirst(body.count + 1)
                    if let key = last.flatMap({ sequence(String(decoding: body, as: UTF8.self), $0) }) {
                        keys.append(key)
                    }
                    continue
                }
                if let next = character(&rest), let meta = KeyDecoder.behindEscape(next) {
                    keys.append(.meta(meta))
                } else {
                    keys.append(.escape)
                }
            } else if let key = character(&rest) {
                keys.append(key)
            }
        }
        return keys
    }

    private static func character(_ rest: inout ArraySlice<UInt8>) -> Key? {
        guard rest.first != 0x1b else { return nil }
        var iterator = rest.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        switch parser.parseScalar(from: &iterator) {
        case .valid(let encoded):
            rest = rest.dropFirst(encoded.count)
            return KeyDecoder.key(character: Unicode.UTF8.decode(encoded).value)
        default:
            rest = rest.dropFirst()
            return nil
        }
    }

    /// What a sequence stands for, by what is behind `Esc [` or `Esc O`; nil for what means nothing here.
    static func sequence(_ body: String, _ last: UInt8) -> Key? {
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
