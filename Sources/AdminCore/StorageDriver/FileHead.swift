public import Foundation

/// What `stat` says of a path.
public struct FileStatus: Hashable, Sendable {
    /// A file or a directory.
    public enum Kind: Hashable, Sendable {
        /// A directory: an object whose omap holds the children.
        case directory
        /// A file with the identifier of its chunks.
        case file(BlobIdentifier)
    }

    /// The path that was asked for.
    public let path: StoragePath
    /// A file or a directory.
    public let kind: Kind
    /// Bytes of a file; 0 for a directory.
    public let size: UInt64
    /// When a file's chunk 0 was last written; for a directory, when its object was. nil if there is no such object.
    public let modified: Date?
    /// For a file: what chunk 0 says about it. `.sound` for a directory.
    public let head: FileHead.State
}

/// How the last chunk of a file compares with what the size leaves for it.
enum LastChunk: Hashable, Sendable {
    /// It is as long as that, or the first chunk is the only one.
    case right
    /// It is not there.
    case missing
    /// It is shorter.
    case short
    /// It is longer.
    case long
}

/// What chunk 0 of a file says: the size and the date of the whole, and whether that can be believed.
public struct FileHead: Hashable, Sendable {
    /// Whether chunk 0 tells what it should.
    public enum State: Hashable, Sendable {
        /// Chunk 0 is there, with a size, and is as long as that size asks for.
        case sound
        /// No chunk at all: an empty file as the old driver leaves it (docs/layout.md#d3), or a file that has lost
        /// all (#d7).
        case empty
        /// Chunk 0 is gone though later ones are there: what an interrupted deletion leaves (docs/layout.md#d7).
        case missing
        /// Chunk 0 is there without a size, or with one that cannot be true.
        case badSize
        /// Chunk 0 is shorter than its part of the file.
        case short
        /// Chunk 0 is longer than a chunk: a resumed upload (docs/layout.md#d1), or surplus zeros (#d2).
        case long
    }

    /// The file's size in bytes; the length of chunk 0 if it carries none, 0 if there is no chunk 0.
    public let size: UInt64
    /// Bytes in chunk 0; nil if there is none.
    public let length: UInt64?
    /// When chunk 0 was last written; nil if there is none.
    public let modified: Date?
    /// Whether chunk 0 tells what it should.
    public let state: State
}

/// How the size of a file is stored: in the xattr `total-size` of chunk 0, ten bytes, an unsigned 64-bit little-endian
/// number and two zero bytes (docker/distribution v2.3.1, `storage/driver/rados`).
enum TotalSize {
    /// The xattr's name.
    static let xattr: ByteString = "total-size"

    /// No file is larger: a registry's blobs are far below, and a hostile number must not become a loop over 2⁴² chunks. In bytes.
    static let limit: UInt64 = 1 << 40

    /// The ten bytes for a size.
    static func encode(_ size: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [0, 0]
    }

    /// The size that the bytes say; nil if they are not ten, do not end in two zeros, or say more than `limit`.
    static func decode(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == 10, bytes[8] == 0, bytes[9] == 0 else { return nil }
        let size = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size <= limit ? size : nil
    }
}
