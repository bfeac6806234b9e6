import Foundation

/// The name of an object, an omap key or an xattr: bytes, as in RADOS, not text.
///
/// Not a `String`, which repairs invalid UTF-8 (two different keys would become one), compares by
/// Unicode equivalence (two different keys would be equal), and does not sort by bytes, as an OSD
/// does.
public struct ByteString: Hashable, Sendable {
    /// The bytes, of any value, zero included: pool contents are hostile.
    public let bytes: [UInt8]

    /// Takes the bytes as they are.
    @inlinable
    public init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// The UTF-8 bytes of `string`.
    @inlinable
    public init(_ string: some StringProtocol) {
        self.bytes = Array(string.utf8)
    }

    /// The text, or nil if the bytes are no valid UTF-8.
    public var string: String? {
        String(validating: bytes, as: UTF8.self)
    }

    /// The number of bytes.
    @inlinable public var count: Int { bytes.count }

    /// True if there are no bytes.
    @inlinable public var isEmpty: Bool { bytes.isEmpty }

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
    /// The text for messages and logs. If the bytes are no UTF-8 or hold a control character, every
    /// byte that is not printable ASCII is escaped as `\xNN`; so there is never a control character
    /// in it.
    public var description: String {
        guard let text = string,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
        else {
            return bytes.map { byte in
                (0x20..<0x7f).contains(byte)
                    ? String(UnicodeScalar(byte))
                    : "\\x" + Hexadecimal.text(of: [byte])
            }.joined()
        }
        return text
    }
}
