import ObjectStore
import Foundation

/// Encodes one line as JSON.
struct DumpEncoder {
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

    /// Appends the names that are text under `key`, and the others, if any, under `keyBase64`.
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
                bytes += "\\u\(String(unit, radix: 16, width: 4))".utf8
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
