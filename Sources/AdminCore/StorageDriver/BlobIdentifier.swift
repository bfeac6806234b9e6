public import ObjectStore

/// The name under which the chunks of a file are stored, `blob:<uuid>`: the value of the file's key
/// in the omap of its directory.
///
/// A value takes sixteen bytes, since a scan of a pool holds millions.
public struct BlobIdentifier: Hashable, Sendable {
    /// The UUID's first half, in the order of its digits.
    private let high: UInt64
    /// Its second half.
    private let low: UInt64

    /// Parses the text `blob:<uuid>`, with the UUID in lower case.
    public init?(_ string: String) {
        self.init(value: Array(string.utf8))
    }

    /// The identifier in an omap value; nil if the value is no identifier. A value may be any
    /// bytes.
    public init?(value: [UInt8]) {
        guard value.count == BlobIdentifier.length else { return nil }
        self.init(bytes: value[...])
    }

    /// Parses `BlobIdentifier.length` bytes.
    private init?(bytes: ArraySlice<UInt8>) {
        guard bytes.starts(with: "blob:".utf8) else { return nil }
        let parsed = bytes.withUnsafeBytes { bytes -> (UInt64, UInt64)? in
            var words: (UInt64, UInt64) = (0, 0)
            for index in 0..<36 {
                let byte = bytes[index + 5]
                switch index {
                case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
                default:
                    guard let digit = Hexadecimal.value(of: byte) else { return nil }
                    if index < 18 { words.0 = words.0 << 4 | digit } else { words.1 = words.1 << 4 | digit }
                }
            }
            return words
        }
        guard let parsed else { return nil }
        (high, low) = parsed
    }

    /// A new identifier: a random (version 4) UUID.
    public static func random() -> BlobIdentifier {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// A new identifier from `generator`: always the same one for the same state; for samples and
    /// tests.
    public static func random(using generator: inout some RandomNumberGenerator) -> BlobIdentifier {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return BlobIdentifier(high: word(bytes[..<8]), low: word(bytes[8...]))
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The bytes in the omap.
    package var value: [UInt8] { name(reserving: 0) }

    private func name(reserving more: Int) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(BlobIdentifier.length + more)
        value.append(contentsOf: "blob:".utf8)
        for index in 0..<32 {
            switch index {
            case 8, 12, 16, 20: value.append(UInt8(ascii: "-"))
            default: break
            }
            value.append(Hexadecimal.digit((index < 16 ? high : low) >> UInt64(60 - index % 16 * 4)))
        }
        return value
    }

    /// The identifier as text, with `blob:`.
    public var string: String { String(decoding: value, as: UTF8.self) }

    /// Bytes in the text of an identifier.
    private static let length = 41

    /// The object of chunk `index` (0…).
    public func chunk(_ index: Int) -> ObjectID {
        var name = name(reserving: 4)
        name.append(UInt8(ascii: "-"))
        name.append(contentsOf: String(index).utf8)
        return ObjectID(ByteString(bytes: name))
    }

    /// The identifier and the number of the chunk that an object of this name holds; nil if it is
    /// no chunk.
    public static func parse(chunkName name: ByteString) -> (blob: BlobIdentifier, index: Int)? {
        guard name.count > length + 1, name.bytes[length] == UInt8(ascii: "-"),
            let blob = BlobIdentifier(bytes: name.bytes[..<length])
        else { return nil }
        let digits = name.bytes[(length + 1)...]
        guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var index = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (shifted, tooLarge) = index.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = shifted.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            if tooLarge || overflow { return nil }
            index = sum
        }
        return (blob, index)
    }
}

extension BlobIdentifier: CustomStringConvertible {
    /// The identifier as text.
    public var description: String { string }
}

extension BlobIdentifier: Comparable {
    /// Orders by the text.
    public static func < (left: BlobIdentifier, right: BlobIdentifier) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
