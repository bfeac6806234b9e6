import Foundation

/// The digest that a link file means.
///
/// A registry writes the digest and nothing else, and reads nothing else (`digest.ParseDigest` in docker/distribution). Editors, scripts
/// and copies leave more around it, or less: as long as exactly one digest can be meant, that is it.
struct LinkText: Hashable, Sendable {
    /// The digest.
    let digest: Digest
    /// True if it is all that the link holds, as a registry wants it.
    let isExact: Bool

    /// Reads a link; nil if no digest can be meant, or more than one.
    init?(_ bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let digest = Digest(text) {
            (self.digest, isExact) = (digest, true)
            return
        }
        let words = text.split { !LinkText.isOfDigest($0) }
        let digests = Set(words.compactMap { Digest(lenient: $0) ?? Digest(lenient: "sha256:\($0)") })
        guard let digest = digests.first, digests.count == 1 else { return nil }
        (self.digest, isExact) = (digest, false)
    }

    private static func isOfDigest(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            return true
        default: return false
        }
    }
}
