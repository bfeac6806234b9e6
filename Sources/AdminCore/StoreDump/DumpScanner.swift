import ObjectStore
import Foundation

/// Reads the JSON of one line: an object whose values are texts, whole numbers, and objects of
/// texts.
///
/// Not `JSONDecoder`, whose dictionaries compare keys by Unicode equivalence, and would lose one of
/// two such omap keys.
struct DumpScanner {
    /// A mistake, as a sentence without the number of the line.
    struct Problem: Error, Hashable {
        let reason: String
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Calls `value` for each key of an object; it must read the value of the key. Throws if a key
    /// comes twice.
    mutating func object(_ value: (_ key: [UInt8], inout DumpScanner) throws -> Void) throws {
        try expect("{")
        var seen: Set<[UInt8]> = []
        if try !accept("}") {
            repeat {
                let key = try text()
                guard seen.insert(key).inserted else {
                    throw Problem(reason: "the key \(ByteString(bytes: key)) is there twice")
                }
                try expect(":")
                try value(key, &self)
            } while try accept(",")
            try expect("}")
        }
    }

    /// A text, as UTF-8.
    mutating func text() throws -> [UInt8] {
        let raw = try quoted()
        guard !raw.contains(where: { $0 < 0x20 }) else {
            throw Problem(reason: "there is a control character in a text")
        }
        let text = raw.contains(UInt8(ascii: "\\")) ? try unescape(raw) : Array(raw)
        guard String(validating: text, as: UTF8.self) != nil else { throw Problem(reason: "a text is not UTF-8") }
        return text
    }

    /// The bytes of a base64 text.
    mutating func base64() throws -> [UInt8] {
        let raw = try quoted()
        if raw.isEmpty { return [] }
        guard let data = Data(base64Encoded: Data(raw)) else { throw Problem(reason: "a value is not base64") }
        return [UInt8](data)
    }

    /// A whole number, not negative.
    mutating func number() throws -> UInt64 {
        skipSpace()
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        position += digits.count
        guard let number = UInt64(String(decoding: digits, as: UTF8.self)),
            position == bytes.count
                || ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position])
        else { throw Problem(reason: "a whole number is missing") }
        return number
    }

    /// Throws unless the line ends here.
    mutating func end() throws {
        skipSpace()
        if position < bytes.count { throw Problem(reason: "there is text after the end of the object") }
    }

    /// The bytes between two quotation marks, with their escapes. Uses `memchr`, since a value may
    /// have 170 MB.
    private mutating func quoted() throws -> ArraySlice<UInt8> {
        try expect("\"")
        let start = position
        var search = start
        while let quote = Self.index(of: UInt8(ascii: "\""), in: bytes, from: search) {
            let backslashes = bytes[start..<quote].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
            if backslashes.isMultiple(of: 2) {
                position = quote + 1
                return bytes[start..<quote]
            }
            search = quote + 1
        }
        throw Problem(reason: "the line ends in the middle of a text")
    }

    /// The next index of `byte` in `bytes`.
    static func index(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard start < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + start, Int32(byte), buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private func unescape(_ raw: ArraySlice<UInt8>) throws -> [UInt8] {
        var units: [UInt16] = []
        var text: [UInt8] = []
        var index = raw.startIndex
        // Escaped UTF-16 units are collected, since a scalar may need two of them.
        func flush() throws {
            guard !units.isEmpty else { return }
            guard let string = String(validating: units, as: UTF16.self) else {
                throw Problem(reason: "an escape is half a character")
            }
            text += string.utf8
            units = []
        }
        while index < raw.endIndex {
            guard raw[index] == UInt8(ascii: "\\") else {
                try flush()
                text.append(raw[index])
                index += 1
                continue
            }
            // There is a next byte: `quoted` does not end after a single backslash.
            let escape = raw[index + 1]
            index += 2
            if escape == UInt8(ascii: "u") {
                guard index + 4 <= raw.endIndex,
                    let unit = UInt16(String(decoding: raw[index..<index + 4], as: UTF8.self), radix: 16)
                else { throw Problem(reason: "an escape is not \\u and four digits") }
                units.append(unit)
                index += 4
                continue
            }
            try flush()
            guard let plain = Self.escapes[escape] else {
                throw Problem(reason: "there is an unknown escape in a text")
            }
            text.append(plain)
        }
        try flush()
        return text
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "/"): 0x2f, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09,
    ]

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) throws -> Bool {
        skipSpace()
        guard position < bytes.count else { throw Problem(reason: "the line ends in the middle") }
        guard bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        if try !accept(character) { throw Problem(reason: "\(character) is missing at byte \(position + 1)") }
    }
}

/// Splits a stream into lines of bounded length.
struct DumpLineReader {
    /// Longest accepted line, in bytes: an object of 128 MiB as base64, with as many bytes for the
    /// rest.
    static let longestLine = 256 << 20

    private let source: any DumpSource
    private var buffer: [UInt8] = []
    /// The start of the next line in `buffer`, and the end of the part that was searched for its
    /// end.
    private var start = 0
    private var searched = 0
    private var isAtEnd = false
    private let longest: Int
    /// The number of the last line that `next` returned, from 1.
    private(set) var number = 0

    init(_ source: any DumpSource, longest: Int = DumpLineReader.longestLine) {
        self.source = source
        self.longest = longest
    }

    /// Returns the next line without its end; nil after the last one. Throws `StoreError`.
    mutating func next() async throws -> [UInt8]? {
        while true {
            if let end = DumpScanner.index(of: UInt8(ascii: "\n"), in: buffer, from: searched) {
                return take(through: end, next: end + 1)
            }
            searched = buffer.count
            if buffer.count - start > longest {
                throw StoreError(
                    .invalid, operation: "load", reason: "line \(number + 1): it is longer than \(longest) bytes")
            }
            if isAtEnd {
                return start < buffer.count ? take(through: buffer.count, next: buffer.count) : nil
            }
            let more = try await source.read()
            isAtEnd = more.isEmpty
            if start > 0 {
                buffer.removeFirst(start)
                searched -= start
                start = 0
            }
            buffer += more
        }
    }

    private mutating func take(through end: Int, next: Int) -> [UInt8] {
        let line = Array(buffer[start..<end])
        start = next
        searched = next
        number += 1
        return line
    }
}
