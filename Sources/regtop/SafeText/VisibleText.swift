/// Makes text from a pool safe to show: nothing that comes out of here moves the cursor, changes colours, reorders the
/// line or hides. Whatever could is replaced by a visible escape, such as `\x1b` or `<U+202E>`.
nonisolated enum VisibleText {
    /// Text with every character that is not plainly visible escaped. Already safe text is returned as it is.
    static func of(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var visible = String.UnicodeScalarView()
        var combiningAllowed = 0
        for scalar in text.unicodeScalars {
            switch width(of: scalar) {
            case .some(0) where combiningAllowed > 0:
                combiningAllowed -= 1
                visible.append(scalar)
            case .some(let width) where width > 0:
                // curses keeps a base and a few marks a cell; towers of marks would leave their row.
                combiningAllowed = scalar == " " ? 0 : 2
                visible.append(scalar)
            default:
                combiningAllowed = 0
                visible.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(visible)
    }

    /// The same for bytes that need not be UTF-8: bytes that are not become `\xNN`.
    static func of(bytes: some Sequence<UInt8>) -> String {
        var text = ""
        var decoder = Unicode.UTF8.ForwardParser()
        var pending = Array(bytes)[...]
        while let first = pending.first {
            var iterator = pending.makeIterator()
            decoder = .init()
            if case .valid(let encoded) = decoder.parseScalar(from: &iterator) {
                text.unicodeScalars.append(Unicode.UTF8.decode(encoded))
                pending = pending.dropFirst(encoded.count)
            } else {
                text += hexadecimal(first)
                pending = pending.dropFirst()
            }
        }
        return of(text)
    }

    /// nil for what must not be shown as it is, though a terminal might.
    private static func width(of scalar: Unicode.Scalar) -> Int? {
        if scalar.value >= 0x20, scalar.value < 0x7f { return 1 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return nil
        default:
            return properties.isDefaultIgnorableCodePoint ? nil : DisplayWidth.of(scalar)
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where scalar.value < 0x80: hexadecimal(UInt8(scalar.value))
        default: "<U+" + padded(String(scalar.value, radix: 16, uppercase: true), to: 4) + ">"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        "\\x" + padded(String(byte, radix: 16), to: 2)
    }

    private static func padded(_ digits: String, to count: Int) -> String {
        String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
