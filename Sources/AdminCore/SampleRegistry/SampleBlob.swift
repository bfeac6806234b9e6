import Crypto

/// The content of a blob and its digest, which is true.
struct SampleBlob: Hashable, Sendable {
    /// What it begins with; all of it, except for big blobs.
    let content: [UInt8]
    /// How many bytes of zero follow.
    let zeros: Int
    let digest: Digest

    /// The size in bytes.
    var size: Int { content.count + zeros }

    /// A blob of these bytes.
    init(_ content: [UInt8]) {
        self.init(content, zeros: 0, digest: SampleBlob.digest(of: content))
    }

    /// A blob whose digest is known: hashing megabytes would be felt at the start of the program.
    init(_ content: [UInt8], zeros: Int, digest: Digest) {
        self.content = content
        self.zeros = zeros
        self.digest = digest
    }

    /// A blob of this text.
    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// No byte at all.
    static let empty = SampleBlob([UInt8]())

    /// The SHA-256 digest of the bytes.
    static func digest(of content: [UInt8]) -> Digest {
        digest(hexadecimal(SHA256.hash(data: content)))
    }

    /// The SHA-256 digest of these 64 digits.
    static func digest(_ hex: String) -> Digest {
        guard let digest = Digest(algorithm: "sha256", hex: hex) else {
            preconditionFailure("32 bytes make 64 lower-case digits")
        }
        return digest
    }

    /// Two lower-case digits a byte.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension SampleBlob {
    /// Every byte, the zeros too.
    var whole: [UInt8] { zeros == 0 ? content : content + repeatElement(0, count: zeros) }

    /// The first `count` bytes, of those that are no trailing zeros.
    func prefix(_ count: Int) -> [UInt8] { Array(content[..<count]) }
}
