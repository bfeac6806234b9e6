import Foundation

/// A name as RADOS has it: bytes, not text. Object names, omap keys and xattr names are byte strings.
///
/// `String` would not do: it repairs what is no UTF-8 (two different keys would become one), it compares by Unicode
/// equivalence (two different keys would be equal), and it does not sort as an OSD sorts, which is by bytes.
public struct ByteString: Hashable, Sendable {
    /// The bytes. Any value is possible, zero included: pool contents are hostile.
    public let bytes: [UInt8]

    /// Takes the bytes as they are.
    public init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// The UTF-8 bytes of `string`.
    public init(_ string: some StringProtocol) {
        self.bytes = Array(string.utf8)
    }

    /// The text, or nil if the bytes are no valid UTF-8.
    public var string: String? {
        String(validating: bytes, as: UTF8.self)
    }

    /// The number of bytes.
    public var count: Int { bytes.count }

    /// True if there is not one byte.
    public var isEmpty: Bool { bytes.isEmpty }

    /// True if `self` begins with the bytes of `prefix`.
    public func hasPrefix(_ prefix: ByteString) -> Bool {
        bytes.starts(with: prefix.bytes)
    }
}

extension ByteString: Comparable {
    /// Orders as an OSD orders omap keys: byte by byte.
    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.withUnsafeBytes { left in
            right.bytes.withUnsafeBytes { right in
                guard let own = left.baseAddress, let other = right.baseAddress else { return left.count < right.count }
                let order = memcmp(own, other, min(left.count, right.count))
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    /// The UTF-8 bytes of a literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension ByteString: CustomStringConvertible {
    /// For messages and logs: the text, with everything that is not printable ASCII or valid UTF-8 text escaped as `\xNN`.
    /// Never contains a control character.
    public var description: String {
        guard let text = string,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
        else {
            return bytes.map { byte in
                (0x20..<0x7f).contains(byte)
                    ? String(UnicodeScalar(byte))
                    : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
        return text
    }
}
