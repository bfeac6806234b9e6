import Crypto

/// The content of a blob and its digest, which is true.
struct SampleBlob: Hashable, Sendable {
    let content: [UInt8]
    let digest: Digest

    /// The content's size in bytes.
    var size: Int { content.count }

    /// A blob of these bytes. `digest`: theirs, where it is known; hashing ten megabytes would be seen at the start.
    init(_ content: [UInt8], digest: Digest? = nil) {
        self.content = content
        self.digest = digest ?? SampleBlob.digest(of: content)
    }

    /// A blob of this text.
    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// No byte at all.
    static let empty = SampleBlob([UInt8]())

    /// The SHA-256 digest of the bytes.
    static func digest(of content: [UInt8]) -> Digest {
        let hex = hexadecimal(SHA256.hash(data: content))
        guard let digest = Digest(algorithm: "sha256", hex: hex) else {
            preconditionFailure("32 bytes make 64 digits")
        }
        return digest
    }

    /// Two lower-case digits a byte.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
