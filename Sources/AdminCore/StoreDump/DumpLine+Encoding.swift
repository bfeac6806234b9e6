import Foundation

extension DumpLine {
    /// The line with its end. Always the same bytes for the same object: keys ascending, only ASCII, as Python's
    /// `json.dumps(…, sort_keys=True)` writes them; so dumps can be compared with each other line by line.
    func encoded() -> [UInt8] {
        var json = DumpEncoder(capacity: (data?.count ?? 0) / 3 * 4 + 256)
        if let data { json.key("data", base64: data) }
        if let modified { json.key("mtime", text: Self.text(modified)) }
        if object.name.string != nil {
            json.key("name", text: object.name.bytes)
        } else {
            json.key("nameBase64", base64: object.name.bytes)
        }
        if !object.namespace.isEmpty { json.key("namespace", text: Array(object.namespace.utf8)) }
        json.key("omap", texts: omap)
        json.key("size", number: size)
        json.key("xattrs", texts: xattrs)
        return json.finish()
    }

    private static func text(_ date: Date) -> [UInt8] {
        // A date is a binary fraction: a millisecond that was read back may lie a hair below itself, and the style cuts off.
        let milliseconds = ((date.timeIntervalSince1970 * 1_000_000).rounded() / 1000).rounded(.down)
        let isWhole = milliseconds.truncatingRemainder(dividingBy: 1000) == 0
        let shown = Date(timeIntervalSince1970: milliseconds / 1000 + 0.0001)
        return Array(shown.formatted(isWhole ? wholeSecondsStyle : timeStyle).utf8)
    }
}

/// Writes the JSON of one line.
private struct DumpEncoder {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func finish() -> [UInt8] {
        bytes += "}\n".utf8
        return bytes
    }

    mutating func key(_ key: String, text: [UInt8]) {
        begin(key)
        append(text: text)
    }

    mutating func key(_ key: String, base64 value: [UInt8]) {
        begin(key)
        append(base64: value)
    }

    mutating func key(_ key: String, number: UInt64) {
        begin(key)
        bytes += String(number).utf8
    }

    /// Names that are text under `key`, even if there are none; the others under `keyBase64`, if there are any.
    mutating func key(_ key: String, texts entries: [ByteString: [UInt8]]) {
        let sorted = entries.sorted { $0.key < $1.key }
        begin(key)
        append(sorted.filter { $0.key.string != nil }) { json, name in json.append(text: name.bytes) }
        let others = sorted.filter { $0.key.string == nil }
        guard !others.isEmpty else { return }
        begin(key + "Base64")
        append(others) { json, name in json.append(base64: name.bytes) }
    }

    private mutating func append(
        _ entries: [(key: ByteString, value: [UInt8])], name: (inout DumpEncoder, ByteString) -> Void
    ) {
        bytes.append(UInt8(ascii: "{"))
        for (index, entry) in entries.enumerated() {
            if index > 0 { bytes += ", ".utf8 }
            name(&self, entry.key)
            bytes += ": ".utf8
            append(base64: entry.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func begin(_ key: String) {
        if bytes.count > 1 { bytes += ", ".utf8 }
        bytes += "\"\(key)\": ".utf8
    }

    private mutating func append(base64 value: [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if !value.isEmpty { bytes += Data(value).base64EncodedData() }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(text: [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for unit in String(decoding: text, as: UTF8.self).utf16 {
            switch unit {
            case 0x22: bytes += "\\\"".utf8
            case 0x5c: bytes += "\\\\".utf8
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0a: bytes += "\\n".utf8
            case 0x0c: bytes += "\\f".utf8
            case 0x0d: bytes += "\\r".utf8
            case 0x20..<0x80: bytes.append(UInt8(truncatingIfNeeded: unit))
            default:
                let digits = String(unit, radix: 16)
                bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
