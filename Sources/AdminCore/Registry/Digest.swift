/// The digest of a blob, as in `sha256:e3b0…b855`: an algorithm and lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable {
    /// The algorithm, `sha256` in every pool known.
    public let algorithm: String

    /// The digits in lower case: 64 for sha256, 128 for sha512, at least 32 for others.
    public let hex: String

    /// The digest that the text says; nil if it is none.
    public init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: ":" as Character, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(algorithm: String(parts[0]), hex: String(parts[1]))
    }

    /// The digest of these parts; nil if they make none.
    public init?(algorithm: String, hex: String) {
        let length: ClosedRange<Int> =
            switch algorithm {
            case "sha256": 64...64
            case "sha384": 96...96
            case "sha512": 128...128
            default: 32...256
            }
        guard StoragePath.isValid(component: algorithm), length.contains(hex.utf8.count),
            hex.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// The digest of parts that are known to make one.
    init(verified hex: String, algorithm: String) {
        self.algorithm = algorithm
        self.hex = hex
    }

    /// The digest as text, with its algorithm.
    public var string: String { "\(algorithm):\(hex)" }
}

extension Digest: CustomStringConvertible {
    /// The digest as text.
    public var description: String { string }
}

extension Digest: Comparable {
    /// By the text.
    public static func < (left: Digest, right: Digest) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }
}
