/// The digest of a blob, as in `sha256:e3b0…b855`: an algorithm and lower-case hexadecimal digits.
///
/// Of a SHA-256, which all are in every pool known, it holds the 32 bytes and nothing else: a pass over a registry holds millions.
public struct Digest: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        case sha256(UInt64, UInt64, UInt64, UInt64)
        case other(algorithm: String, hex: String)
    }

    private let storage: Storage

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
        guard StoragePath.isValid(component: algorithm), length.contains(hex.utf8.count) else { return nil }
        var words: [UInt64] = []
        for (index, byte) in hex.utf8.enumerated() {
            guard let digit = Hexadecimal.value(of: byte) else { return nil }
            if index % 16 == 0 { words.append(0) }
            words[index / 16] = words[index / 16] << 4 | digit
        }
        storage =
            algorithm == "sha256"
            ? .sha256(words[0], words[1], words[2], words[3]) : .other(algorithm: algorithm, hex: hex)
    }

    /// The SHA-256 digest of these 32 bytes.
    init(sha256 bytes: some Sequence<UInt8>) {
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.prefix(32).enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        storage = .sha256(words[0], words[1], words[2], words[3])
    }

    /// The algorithm, `sha256` in every pool known.
    public var algorithm: String {
        switch storage {
        case .sha256: "sha256"
        case .other(let algorithm, _): algorithm
        }
    }

    /// The digits in lower case: 64 for sha256, 128 for sha512, at least 32 for others.
    public var hex: String {
        switch storage {
        case .sha256(let first, let second, let third, let fourth):
            let words = [first, second, third, fourth]
            return String(
                decoding: (0..<64).map { Hexadecimal.digit(words[$0 / 16] >> UInt64(60 - $0 % 16 * 4)) },
                as: UTF8.self)
        case .other(_, let hex): return hex
        }
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
        if case .sha256(let a, let b, let c, let d) = left.storage,
            case .sha256(let e, let f, let g, let h) = right.storage
        {
            return (a, b, c, d) < (e, f, g, h)
        }
        return left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }
}
