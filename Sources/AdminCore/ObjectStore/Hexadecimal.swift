/// Hexadecimal digits, in lower case as all of a registry's.
enum Hexadecimal {
    /// What a digit is worth; nil if it is none, upper case included.
    static func value(of byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }

    /// The same of digits in upper case, too.
    static func value(ofAnyCase byte: UInt8) -> UInt64? {
        value(of: (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) ? byte | 0x20 : byte)
    }

    /// The digit for the lowest four bits.
    static func digit(_ value: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value & 15)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
