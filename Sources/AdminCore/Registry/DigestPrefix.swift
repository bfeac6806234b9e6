import ObjectStore

/// A digest as people type or copy it: the whole digest, or its first digits, with or without the
/// algorithm. Examples: `sha256:d775`, `d7753236…`.
public struct DigestPrefix: Hashable, Sendable {
    /// The smallest number of digits.
    public static let shortest = 4

    /// The algorithms to try if the text names none.
    static let algorithms = ["sha256", "sha384", "sha512"]

    /// The digest, if the text has all of it.
    public let whole: Digest?
    /// The algorithm; nil if the text names none and has too few digits to determine it.
    let algorithm: String?
    /// The digits, in lower case.
    let hex: String

    /// The prefix that is a whole digest.
    public init(_ digest: Digest) {
        whole = digest
        algorithm = digest.algorithm
        hex = digest.hex
    }

    private init(algorithm: String?, hex: String) {
        whole = nil
        self.algorithm = algorithm
        self.hex = hex
    }

    /// Parses a prefix; nil if the text has fewer than `shortest` digits, or anything else in it.
    public init?(_ text: some StringProtocol) {
        if let digest = Digest(text) {
            self.init(digest)
            return
        }
        var digits = text.lowercased()
        var algorithm: String?
        if let colon = digits.firstIndex(of: ":") {
            algorithm = String(digits[..<colon])
            digits = String(digits[digits.index(after: colon)...])
        }
        for ellipsis in ["…", "..."] where digits.hasSuffix(ellipsis) { digits.removeLast(ellipsis.count) }
        let algorithms = algorithm.map { [$0] } ?? DigestPrefix.algorithms
        guard algorithms.allSatisfy(DigestPrefix.algorithms.contains),
            (DigestPrefix.shortest...128).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil })
        else { return nil }
        if let digest = algorithms.lazy.compactMap({ Digest(algorithm: $0, hex: digits) }).first {
            self.init(digest)
        } else {
            self.init(algorithm: algorithm, hex: digits)
        }
    }

    /// True if the prefix is the digest, or a beginning of it.
    public func matches(_ digest: Digest) -> Bool {
        if let whole { return whole == digest }
        return (algorithm == nil || algorithm == digest.algorithm) && digest.hex.hasPrefix(hex)
    }

    /// The known part of the digest.
    var text: String { whole?.string ?? (algorithm.map { "\($0):" } ?? "") + hex }

    /// The same for a digest as text.
    func matches(text: String) -> Bool {
        Digest(text).map(matches) ?? false
    }
}

extension DigestPrefix: CustomStringConvertible {
    /// The digest, or the known part of it and an ellipsis.
    public var description: String { whole == nil ? text + "…" : text }
}

/// The error for a prefix that does not stand for one digest.
public enum DigestPrefixError: Error, Hashable, Sendable {
    /// No digest begins with the prefix.
    case unknown(DigestPrefix)
    /// Several digests begin with the prefix: some of them, sorted, and whether there are more.
    case ambiguous(DigestPrefix, [Digest], areMore: Bool)

    /// The number of digests that are listed.
    public static let listLimit = 20
}

extension DigestPrefixError: CustomStringConvertible {
    /// The error as a sentence without its full stop.
    public var description: String {
        switch self {
        case .unknown(let prefix): "there is no digest that begins with \(prefix)"
        case .ambiguous(let prefix, let digests, let areMore):
            "several digests begin with \(prefix): "
                + digests.map(\.string).joined(separator: ", ") + (areMore ? " and more" : "") + "; write more digits"
        }
    }
}

extension DigestPrefix {
    /// Returns the only one of some digests.
    ///
    /// - Throws: `DigestPrefixError` if there are none or several.
    package func only(of digests: some Sequence<Digest>) throws -> Digest {
        let found = Set(digests).sorted()
        guard let first = found.first else { throw DigestPrefixError.unknown(self) }
        guard found.count == 1 else {
            let limit = DigestPrefixError.listLimit
            throw DigestPrefixError.ambiguous(self, Array(found.prefix(limit)), areMore: found.count > limit)
        }
        return first
    }
}
