import ObjectStore
package import StorageDriver
internal import Crypto

/// Computes the digest of bytes that arrive in pieces, by the algorithm of the expected digest.
struct ContentHash {
    private enum State {
        case sha256(SHA256)
        case sha384(SHA384)
        case sha512(SHA512)
    }

    private var state: State

    /// Starts with no bytes. nil for an algorithm that is not implemented here: no registry uses
    /// such an algorithm.
    init?(like digest: Digest) {
        switch digest.algorithm {
        case "sha256": state = .sha256(SHA256())
        case "sha384": state = .sha384(SHA384())
        case "sha512": state = .sha512(SHA512())
        default: return nil
        }
    }

    mutating func update(_ bytes: [UInt8]) {
        switch state {
        case .sha256(var hash):
            hash.update(data: bytes)
            state = .sha256(hash)
        case .sha384(var hash):
            hash.update(data: bytes)
            state = .sha384(hash)
        case .sha512(var hash):
            hash.update(data: bytes)
            state = .sha512(hash)
        }
    }

    /// True if the bytes so far have this digest. It must be the one that `init(like:)` was given.
    func matches(_ digest: Digest) -> Bool {
        let bytes: [UInt8] =
            switch state {
            case .sha256(let hash): Array(hash.finalize())
            case .sha384(let hash): Array(hash.finalize())
            case .sha512(let hash): Array(hash.finalize())
            }
        var hex: [UInt8] = []
        for byte in bytes {
            hex.append(Hexadecimal.digit(UInt64(byte >> 4)))
            hex.append(Hexadecimal.digit(UInt64(byte & 15)))
        }
        return String(decoding: hex, as: UTF8.self) == digest.hex
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

    /// The same for a file whose chunk 0 was read and checked before.
    package func content(
        of blob: BlobIdentifier, _ head: FileHead, at path: StoragePath, has digest: Digest,
        counted: @Sendable (UInt64) -> Void
    ) async throws -> Bool? {
        guard var hash = ContentHash(like: digest) else { return nil }
        for try await piece in pieces(of: blob, head: head, from: 0, at: path) {
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
