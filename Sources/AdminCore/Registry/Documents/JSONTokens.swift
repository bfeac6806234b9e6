import ObjectStore

/// Reads a JSON document token by token. Accepts exactly the documents that Go's `encoding/json`,
/// and so a registry of docker/distribution, accepts.
///
/// Collects every digest that any reader could take for a reference: each string that is a digest
/// and stands under a key that folds to `digest` or `blobSum`, at any depth, in any array or
/// object, outside of `annotations`.
///
/// Nothing recurses: a document may nest to the limit. Throws `ManifestProblem` at the first byte
/// that is not JSON.
struct JSONTokens {
    /// A token.
    enum Token {
        case beginObject, endObject, beginArray, endArray
        case key(JSONKey)
        case string(String)
        /// The number as it stands in the document.
        case number(String)
        case bool, null
        case end
    }

    /// The deepest nesting that is accepted. (Go has the same limit since 1.15.)
    static let depthLimit = 10_000

    /// The digests found so far, as often as they occur.
    private(set) var references: [Digest] = []

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var frames: [Frame] = []
    private var expected = Expected.value
    /// The meaning of the value after the last key.
    private var meaning = Meaning()

    /// The meaning of a value, from the keys above it.
    private struct Meaning {
        /// The value stands under a key that names references.
        var isReference = false
        /// The value stands under annotations, which may hold anything.
        var isNote = false
    }

    private struct Frame {
        let isObject: Bool
        let meaning: Meaning
    }

    private enum Expected {
        case value, firstKey, key, firstElement, separator, end
    }

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Returns the next token; `.end` after the last one.
    mutating func next() throws -> Token {
        skipBlanks()
        guard let byte = position < bytes.endIndex ? bytes[position] : nil else {
            guard expected == .end else { throw ManifestProblem.noJSON }
            return .end
        }
        switch expected {
        case .end: throw ManifestProblem.noJSON
        case .firstKey where byte == UInt8(ascii: "}"): return close()
        case .firstElement where byte == UInt8(ascii: "]"): return close()
        case .firstKey, .key: return try key(byte)
        case .value, .firstElement: return try value(byte)
        case .separator:
            let isObject = frames.last?.isObject ?? false
            if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return close() }
            guard byte == UInt8(ascii: ",") else { throw ManifestProblem.noJSON }
            position += 1
            expected = isObject ? .key : .value
            return try next()
        }
    }

    /// True if the open array ends here.
    mutating func closesArray() -> Bool {
        skipBlanks()
        guard expected == .firstElement || expected == .separator, frames.last?.isObject == false else { return false }
        return position < bytes.endIndex && bytes[position] == UInt8(ascii: "]")
    }

    /// Reads the rest of a value that begins with `token`.
    mutating func skip(_ token: Token) throws {
        switch token {
        case .beginObject, .beginArray: break
        default: return
        }
        let outside = frames.count - 1
        while frames.count > outside { _ = try next() }
    }

    // MARK: - Values

    private mutating func key(_ byte: UInt8) throws -> Token {
        guard byte == UInt8(ascii: "\"") else { throw ManifestProblem.noJSON }
        let key = JSONKey(try text())
        skipBlanks()
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: ":") else { throw ManifestProblem.noJSON }
        position += 1
        let outer = frames.last?.meaning ?? Meaning()
        meaning = Meaning(
            isReference: outer.isReference || key.folded == "digest" || key.folded == "blobsum",
            isNote: outer.isNote || key.folded == "annotations")
        expected = .value
        return .key(key)
    }

    private mutating func value(_ byte: UInt8) throws -> Token {
        if let frame = frames.last, !frame.isObject { meaning = frame.meaning }
        switch byte {
        case UInt8(ascii: "{"): return try open(isObject: true)
        case UInt8(ascii: "["): return try open(isObject: false)
        case UInt8(ascii: "\""):
            let text = try text()
            if meaning.isReference, !meaning.isNote, let digest = Digest(lenient: text) { references.append(digest) }
            settle()
            return .string(text)
        case UInt8(ascii: "t"): return try literal("true", .bool)
        case UInt8(ascii: "f"): return try literal("false", .bool)
        case UInt8(ascii: "n"): return try literal("null", .null)
        default:
            let text = try number()
            settle()
            return .number(text)
        }
    }

    private mutating func open(isObject: Bool) throws -> Token {
        guard frames.count < JSONTokens.depthLimit else { throw ManifestProblem("is nested too deeply") }
        frames.append(Frame(isObject: isObject, meaning: meaning))
        position += 1
        expected = isObject ? .firstKey : .firstElement
        return isObject ? .beginObject : .beginArray
    }

    private mutating func close() -> Token {
        position += 1
        let isObject = frames.removeLast().isObject
        settle()
        return isObject ? .endObject : .endArray
    }

    /// Notes that a value has ended.
    private mutating func settle() {
        expected = frames.isEmpty ? .end : .separator
    }

    private mutating func literal(_ word: StaticString, _ token: Token) throws -> Token {
        let end = position + word.utf8CodeUnitCount
        let isThere = end <= bytes.endIndex && bytes[position..<end].elementsEqual("\(word)".utf8)
        guard isThere else { throw ManifestProblem.noJSON }
        position = end
        settle()
        return token
    }

    private mutating func skipBlanks() {
        while position < bytes.endIndex {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private mutating func number() throws -> String {
        let start = position
        func digits() -> Int { bytes[position...].prefix { (0x30...0x39).contains($0) }.count }
        func stands(_ characters: StaticString) -> Bool {
            position < bytes.endIndex && "\(characters)".utf8.contains(bytes[position])
        }
        if stands("-") { position += 1 }
        let whole = digits()
        guard whole > 0, whole == 1 || !stands("0") else { throw ManifestProblem.noJSON }
        position += whole
        if stands(".") {
            position += 1
            let fraction = digits()
            guard fraction > 0 else { throw ManifestProblem.noJSON }
            position += fraction
        }
        if stands("eE") {
            position += 1
            if stands("+-") { position += 1 }
            let exponent = digits()
            guard exponent > 0 else { throw ManifestProblem.noJSON }
            position += exponent
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: - Strings

    /// Reads the string that begins here.
    private mutating func text() throws -> String {
        position += 1
        let start = position
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: bytes[start..<position - 1], as: UTF8.self)
            case UInt8(ascii: "\\"): return try escapedText(from: start)
            case 0..<0x20: throw ManifestProblem.noJSON
            default: position += 1
            }
        }
        throw ManifestProblem.noJSON
    }

    /// Reads a string with an escape in it. Half of a surrogate pair becomes U+FFFD, as in Go.
    private mutating func escapedText(from start: Int) throws -> String {
        var decoded = Array(bytes[start..<position])
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: decoded, as: UTF8.self)
            case UInt8(ascii: "\\"): decoded += Array(String(try escape()).utf8)
            case 0..<0x20: throw ManifestProblem.noJSON
            default: decoded.append(byte)
            }
        }
        throw ManifestProblem.noJSON
    }

    /// Reads an escape; `position` is after its backslash.
    private mutating func escape() throws -> Unicode.Scalar {
        guard position < bytes.endIndex else { throw ManifestProblem.noJSON }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try unit()
            if let scalar = Unicode.Scalar(first) { return scalar }
            let mark = position
            if UTF16.isLeadSurrogate(first), bytes[position...].starts(with: [0x5c, 0x75]) {
                position += 2
                let second = try unit()
                if UTF16.isTrailSurrogate(second) {
                    let offset = UInt32(first & 0x3ff) << 10 + UInt32(second & 0x3ff)
                    return Unicode.Scalar(0x10000 + offset) ?? "\u{fffd}"
                }
                position = mark
            }
            return "\u{fffd}"
        default: throw ManifestProblem.noJSON
        }
    }

    private mutating func unit() throws -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4 else { throw ManifestProblem.noJSON }
        position += 4
        return try digits.reduce(0) { value, digit in
            guard let worth = Hexadecimal.value(ofAnyCase: digit) else { throw ManifestProblem.noJSON }
            return value << 4 | UInt16(worth)
        }
    }
}

/// A key of a JSON object.
struct JSONKey {
    /// The key as it stands in the document.
    let text: String
    /// The key without regard to case, as Go compares the names of fields: letters in lower case,
    /// `ſ` (U+017F) as s and `K` (U+212A) as k.
    let folded: String

    init(_ text: String) {
        self.text = text
        // Of ASCII, the standard library changes letters only, and without a table.
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 }
        folded = isPlain ? text.lowercased() : String(String.UnicodeScalarView(text.unicodeScalars.map(JSONKey.fold)))
    }

    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) + 0x20)
        case "\u{17f}": "s"
        case "\u{212a}": "k"
        default: scalar
        }
    }
}
