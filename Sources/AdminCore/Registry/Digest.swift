import ObjectStore
import StorageDriver
import Foundation

/// The digest of a blob, as in `sha256:e3b0…b855`: an algorithm and lower-case hexadecimal digits.
///
/// Registries of docker/distribution accept sha256, sha384, sha512 and, until v2.2, tarsum
/// (`tarsum.v1+sha256:…`). They store each blob once, below its SHA-256; a repository's link below
/// another digest holds the SHA-256.
///
/// A SHA-256 takes 32 bytes and no allocation: every pool known holds only these, and a pass over a
/// registry holds millions.
public struct Digest: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        case sha256(UInt64, UInt64, UInt64, UInt64)
        case other(algorithm: String, hex: String)
    }

    private let storage: Storage

    /// Parses a digest; nil if the text is no digest.
    public init?(_ text: some StringProtocol) {
        self.init(utf8: text.utf8)
    }

    /// Parses the bytes of a digest; nil if they are none.
    /// - Parameter inAnyCase: True to accept letters in upper case as well.
    init?(utf8 bytes: some Collection<UInt8>, inAnyCase: Bool = false) {
        if let digest = Digest(sha256: bytes, inAnyCase) {
            self = digest
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: ":" as Character, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (algorithm, hex) = (String(parts[0]), String(parts[1]))
        self.init(algorithm: inAnyCase ? algorithm.lowercased() : algorithm, hex: inAnyCase ? hex.lowercased() : hex)
    }

    /// Parses a SHA-256 digest without an allocation: nearly all digests are of this kind.
    private init?(sha256 bytes: some Collection<UInt8>, _ inAnyCase: Bool) {
        guard bytes.count == 71 else { return nil }
        var rest = bytes.makeIterator()
        for wanted in "sha256:".utf8 {
            guard let byte = rest.next(),
                byte == wanted || inAnyCase && (0x41...0x5a).contains(byte) && byte | 0x20 == wanted
            else { return nil }
        }
        func word() -> UInt64? {
            var word: UInt64 = 0
            for _ in 0..<16 {
                guard let byte = rest.next(),
                    let digit = inAnyCase ? Hexadecimal.value(ofAnyCase: byte) : Hexadecimal.value(of: byte)
                else { return nil }
                word = word << 4 | digit
            }
            return word
        }
        guard let first = word(), let second = word(), let third = word(), let fourth = word() else { return nil }
        storage = .sha256(first, second, third, fourth)
    }

    /// The digest of these parts; nil if they make no digest.
    public init?(algorithm: String, hex: String) {
        let length: ClosedRange<Int> =
            switch algorithm {
            case "sha256": 64...64
            case "sha384": 96...96
            case "sha512": 128...128
            default: 32...256
            }
        guard Digest.directories(of: algorithm) != nil, length.contains(hex.utf8.count) else { return nil }
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

    /// Parses a digest inside a document, in any case and with any blanks around it; nil if the
    /// text is no digest.
    init?(lenient text: some StringProtocol) {
        guard text.utf8.count <= 1024 else { return nil }
        if let digest = Digest(utf8: text.utf8, inAnyCase: true) {
            self = digest
        } else {
            // Foundation's sets of characters are slow, so only what is no digest yet gets here.
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines.union(.controlCharacters))
            self.init(utf8: trimmed.utf8, inAnyCase: true)
        }
    }

    /// The SHA-256 digest of these 32 bytes.
    init(sha256 bytes: some Sequence<UInt8>) {
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.prefix(32).enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        storage = .sha256(words[0], words[1], words[2], words[3])
    }

    /// The algorithm; `sha256` in every pool known.
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
            var digits: [UInt8] = []
            digits.reserveCapacity(64)
            for word in [first, second, third, fourth] {
                for place: UInt64 in 0..<16 { digits.append(Hexadecimal.digit(word >> (60 - 4 * place))) }
            }
            return String(decoding: digits, as: UTF8.self)
        case .other(_, let hex): return hex
        }
    }

    /// True for a SHA-256. No blob lies below another digest (`digest.Canonical` in
    /// docker/distribution).
    public var isCanonical: Bool {
        if case .sha256 = storage { true } else { false }
    }

    /// The digest as text, with its algorithm.
    public var string: String { "\(algorithm):\(hex)" }
}

extension Digest {
    /// The directories in which a registry keeps something of this digest, the digits last:
    /// `sha256/<hex>`, and `tarsum/v1/sha256/<hex>` for a `tarsum.v1+sha256:<hex>`
    /// (`digestPathComponents` in docker/distribution v2.1).
    package var directories: [String] { (Digest.directories(of: algorithm) ?? [algorithm]) + [hex] }

    /// The digest of these directories; nil if no digest has them.
    package init?(directories: some BidirectionalCollection<String>) {
        guard let hex = directories.last, let first = directories.first else { return nil }
        let names = Array(directories.dropLast())
        switch (first, names.count) {
        case ("tarsum", 3):
            self.init(algorithm: (names[1] == "v0" ? "tarsum" : "tarsum.\(names[1])") + "+\(names[2])", hex: hex)
        case ("tarsum", _): return nil
        case (_, 1): self.init(algorithm: first, hex: hex)
        default: return nil
        }
    }

    /// The number of directories above the digits, from one of this name on.
    package static func depth(below directory: String) -> Int { directory == "tarsum" ? 3 : 1 }

    /// The directories of an algorithm; nil if no algorithm has this name.
    private static func directories(of algorithm: String) -> [String]? {
        guard algorithm.utf8.allSatisfy({ !(0x41...0x5a).contains($0) }) else { return nil }
        guard algorithm.hasPrefix("tarsum") else {
            return StoragePath.isValid(component: algorithm) ? [algorithm] : nil
        }
        let parts = algorithm.split(separator: "+" as Character, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, StoragePath.isValid(component: parts[1]), parts[0].count <= 32 else { return nil }
        if parts[0] == "tarsum" { return ["tarsum", "v0", parts[1]] }
        let version = parts[0].dropFirst("tarsum.".count)
        guard parts[0].hasPrefix("tarsum."), StoragePath.isValid(component: String(version)), version != "v0" else {
            return nil
        }
        return ["tarsum", String(version), parts[1]]
    }
}

extension Digest: CustomStringConvertible {
    /// The digest as text.
    public var description: String { string }
}

extension Digest: Comparable {
    /// Orders digests by their text.
    public static func < (left: Digest, right: Digest) -> Bool {
        if case .sha256(let a, let b, let c, let d) = left.storage,
            case .sha256(let e, let f, let g, let h) = right.storage
        {
            return (a, b, c, d) < (e, f, g, h)
        }
        return left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }
}
