/// Bytes as `hexdump -C` writes them.
nonisolated enum HexDump {
    /// One line for every 16 bytes, or for every 8 where there is less room.
    static func lines(_ bytes: [UInt8], columns: Int) -> [Line] {
        let width = columns >= 76 ? 16 : columns >= 44 ? 8 : 4
        return stride(from: 0, to: bytes.count, by: width).map { start in
            let part = bytes[start..<min(bytes.count, start + width)]
            let digits = part.map { byte in hexadecimal(UInt64(byte), 2) }.joined(separator: " ")
            let text = part.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
            return Line(hexadecimal(UInt64(start), 8), .dim) + Line.blank(2) + Line(digits).fitted(to: width * 3 + 1)
                + Line(text, .dim)
        }
    }

    /// A few bytes in one row: the text, if it is one, else digits.
    static func short(_ bytes: [UInt8], atMost limit: Int = 64) -> String {
        let shown = bytes.prefix(limit)
        let isText = !shown.isEmpty && shown.allSatisfy { (0x20..<0x7f).contains($0) }
        let text =
            isText
            ? String(decoding: shown, as: UTF8.self) : shown.map { hexadecimal(UInt64($0), 2) }.joined(separator: " ")
        return text + (bytes.count > limit ? " …" : "")
    }

    private static func hexadecimal(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
