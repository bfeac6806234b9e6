internal import Crypto

extension Digest {
    /// The SHA-256 digest of some bytes.
    public static func sha256(of bytes: some Sequence<UInt8>) -> Digest {
        let hash = SHA256.hash(data: Array(bytes))
        let digits = Array("0123456789abcdef")
        let hex = hash.reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return Digest(verified: hex, algorithm: "sha256")
    }
}
