/// Hexadecimal digits, in lower case as everywhere in a registry.
package enum Hexadecimal {
    /// The value of a digit; nil for any other byte, digits in upper case included.
    @inlinable package static func value(of byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }

    /// The value of a digit in lower or upper case; nil for any other byte.
    @inlinable package static func value(ofAnyCase byte: UInt8) -> UInt64? {
        value(of: (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) ? byte | 0x20 : byte)
    }

    /// The digit for the lowest four bits.
    @inlinable package static func digit(_ value: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value & 15)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The bytes as text, two digits each.
    package static func text(of bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digit(UInt64($0 >> 4)), digit(UInt64($0))] }, as: UTF8.self)
    }
}

extension String {
    /// A number that is not negative, with zeros in front where it has fewer than `width` digits.
    public init(_ number: some BinaryInteger, radix: Int = 10, uppercase: Bool = false, width: Int) {
        let digits = String(number, radix: radix, uppercase: uppercase)
        self = String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
