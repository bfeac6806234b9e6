internal import COpenSSL
import ObjectStore
package import StorageDriver

/// Computes the digest of bytes that arrive in pieces, by the algorithm of an expected digest.
///
/// OpenSSL computes it: librados links OpenSSL anyway, and its code uses the instructions of the
/// processor.
public struct ContentHash: ~Copyable {
    private let algorithm: String
    /// OpenSSL's state of the computation; this value alone uses it.
    private let context: OpaquePointer

    /// Starts with no bytes. nil for an algorithm that is not implemented here: no registry uses
    /// such an algorithm.
    public init?(like digest: Digest) {
        self.init(algorithm: digest.algorithm)
    }

    init?(algorithm: String) {
        let method =
            switch algorithm {
            case "sha256": EVP_sha256()
            case "sha384": EVP_sha384()
            case "sha512": EVP_sha512()
            default: OpaquePointer?.none
            }
        guard let method, let context = EVP_MD_CTX_new() else { return nil }
        guard EVP_DigestInit_ex(context, method, nil) == 1 else {
            EVP_MD_CTX_free(context)
            return nil
        }
        (self.algorithm, self.context) = (algorithm, context)
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes at the end.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            // Fails only after the end of the computation, which consumes this value.
            precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
        }
    }

    /// Ends the computation and returns the digest of all bytes.
    public consuming func digest() -> Digest {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { bytes, count in
            var length: UInt32 = 0
            precondition(EVP_DigestFinal_ex(context, bytes.baseAddress, &length) == 1)
            count = Int(length)
        }
        guard let digest = Digest(algorithm: algorithm, hex: Hexadecimal.text(of: bytes)) else {
            preconditionFailure("hexadecimal digits of the right number make a digest")
        }
        return digest
    }

    /// Ends the computation. True if all bytes have this digest.
    public consuming func matches(_ expected: Digest) -> Bool {
        digest() == expected
    }
}

extension Digest {
    /// The SHA-256 digest of some bytes.
    public static func sha256(of bytes: some Sequence<UInt8>) -> Digest {
        guard var hash = ContentHash(algorithm: "sha256") else {
            preconditionFailure("every OpenSSL computes SHA-256")
        }
        hash.update(Array(bytes))
        return hash.digest()
    }
}

extension StorageReader {
    /// True if the content of a file has this digest; nil if the digest's algorithm is not
    /// implemented.
    ///
    /// - Parameters:
    ///   - path: appears in errors only.
    ///   - counted: receives the number of bytes of each piece that was read.
    /// - Throws: `StorageError.damaged` if a byte is not at its place.
    package func content(
        of blob: BlobIdentifier, at path: StoragePath, has digest: Digest,
        counted: @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> Bool? {
        let head = try await head(of: blob)
        guard head.state == .sound || head.state == .empty || head.state == .long else {
            throw StorageError.damaged(path, "\(blob.chunk(0)) does not begin the file")
        }
        return try await content(of: blob, head, at: path, has: digest, counted: counted)
    }

    /// The same for a file whose chunk 0 was read and checked before; `first` has its bytes.
    package func content(
        of blob: BlobIdentifier, _ head: FileHead, first: [UInt8]? = nil, at path: StoragePath, has digest: Digest,
        counted: @Sendable (UInt64) -> Void
    ) async throws -> Bool? {
        guard var hash = ContentHash(like: digest) else { return nil }
        for try await piece in pieces(of: blob, head: head, first: first, from: 0, at: path) {
            try Task.checkCancellation()
            hash.update(piece)
            counted(UInt64(piece.count))
        }
        return hash.matches(digest)
    }

    /// True if the bytes of a resumed upload have this digest after they are put in order.
    package func content(of blob: BlobIdentifier, _ order: Rearrangement, has digest: Digest) async throws -> Bool {
        guard var hash = ContentHash(like: digest) else { return false }
        for target in order.targets {
            for piece in target.pieces { hash.update(try await bytes(of: piece, blob)) }
        }
        return hash.matches(digest)
    }
}
