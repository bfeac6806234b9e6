import CTextWidth

/// Makes text from a pool safe to show. The result cannot move the cursor, change colours, reorder
/// the line or hide characters: a visible escape such as `\x1b` or `<U+202E>` replaces each
/// character that could.
package enum VisibleText {
    /// Returns the text with an escape for each character that is not plainly visible.
    package static func of(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var visible = String.UnicodeScalarView()
        var combiningAllowed = 0
        for scalar in text.unicodeScalars {
            switch width(of: scalar) {
            case .some(0) where combiningAllowed > 0:
                combiningAllowed -= 1
                visible.append(scalar)
            case .some(let width) where width > 0:
                // A curses cell holds a base and a few marks; higher stacks of marks leave their
                // row.
                combiningAllowed = scalar == " " ? 0 : 2
                visible.append(scalar)
            default:
                combiningAllowed = 0
                visible.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(visible)
    }

    /// Returns the bytes as visible text; bytes that are not valid UTF-8 become `\xNN`.
    package static func of(bytes: some Sequence<UInt8>) -> String {
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

    /// The width of a character in columns; nil if it needs an escape, even where a terminal could
    /// print it.
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
        default: "<U+" + HexText.of(scalar.value, digits: 4).uppercased() + ">"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { "\\x" + HexText.of(byte, digits: 2) }
}

/// Hexadecimal numbers.
package enum HexText {
    /// Returns the number in lower case, with zeros in front up to `digits` digits.
    package static func of(_ number: some BinaryInteger, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

/// The number of terminal columns that text takes. Curses uses the same table.
package enum DisplayWidth {
    /// Returns 0 for a combining character and nil for a character that terminals may not print.
    package static func of(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.value >= 0x20, scalar.value < 0x7f { return 1 }
        let width = Int(CTextWidth_of(scalar.value))
        return width < 0 ? nil : width
    }

    /// Returns the width of a text that has only printable characters.
    package static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + (of($1) ?? 0) }
    }
}

/// Command lines that can be pasted into a shell.
package enum CommandLineText {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+%".utf8)

    /// Returns `regtop` and the words, with quotes around each word that a shell would change.
    package static func of(_ words: [String]) -> String {
        (["regtop"] + words.map(quoted)).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        !word.isEmpty && word.utf8.allSatisfy(plain.contains) ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
