/// What a directory's omap holds for a child file: the name under which the file's chunks are stored, `blob:<uuid>`.
public struct BlobIdentifier: Hashable, Sendable {
    /// The identifier as text, `blob:` included.
    public let string: String

    /// The identifier with this UUID, 36 characters in lower case.
    public init?(_ string: String) {
        self.init(value: Array(string.utf8))
    }

    /// The identifier that an omap value holds; nil if the value is none (it may be any bytes).
    public init?(value: [UInt8]) {
        guard value.count == 41, value.starts(with: "blob:".utf8) else { return nil }
        for (index, byte) in value.dropFirst(5).enumerated() {
            switch index {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
            default:
                guard
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                else { return nil }
            }
        }
        string = String(decoding: value, as: UTF8.self)
    }

    /// A new identifier, never used before: a random (version 4) UUID.
    public static func random() -> BlobIdentifier {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// The identifier that `generator` gives: always the same one from the same state, for samples and tests.
    public static func random(using generator: inout some RandomNumberGenerator) -> BlobIdentifier {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array("0123456789abcdef")
        var text = "blob:"
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return BlobIdentifier(unchecked: text)
    }

    private init(unchecked string: String) {
        self.string = string
    }

    /// The bytes that stand in the omap.
    var value: [UInt8] { Array(string.utf8) }

    /// The object that holds chunk `index` (0…).
    public func chunk(_ index: Int) -> ObjectID {
        ObjectID(ByteString("\(string)-\(index)"))
    }

    /// Which identifier and chunk an object of this name belongs to; nil if it is no chunk.
    public static func parse(chunkName name: ByteString) -> (blob: BlobIdentifier, index: Int)? {
        guard name.count > 42, name.bytes[41] == UInt8(ascii: "-"),
            let blob = BlobIdentifier(value: Array(name.bytes[..<41]))
        else { return nil }
        let digits = String(decoding: name.bytes[42...], as: UTF8.self)
        guard let index = Int(digits), index >= 0, String(index) == digits else { return nil }
        return (blob, index)
    }
}

extension BlobIdentifier: CustomStringConvertible {
    /// The identifier as text.
    public var description: String { string }
}
