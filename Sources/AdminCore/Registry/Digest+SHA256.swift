internal import Crypto

extension Digest {
    /// The SHA-256 digest of some bytes.
    public static func sha256(of bytes: some Sequence<UInt8>) -> Digest {
        Digest(sha256: SHA256.hash(data: Array(bytes)))
    }
}
