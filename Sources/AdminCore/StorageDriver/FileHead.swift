package import ObjectStore
public import Foundation

/// The result of `StorageReader.stat`.
public struct FileStatus: Hashable, Sendable {
    /// A file or a directory.
    public enum Kind: Hashable, Sendable {
        /// A directory: an object whose omap holds the children.
        case directory
        /// A file, with the identifier of its chunks.
        case file(BlobIdentifier)
    }

    /// The path of the request.
    public let path: StoragePath
    /// A file or a directory.
    public let kind: Kind
    /// Bytes of a file, nil if chunk 0 does not say it; 0 for a directory.
    public let size: UInt64?
    /// The date of the last write to a file's chunk 0, or to a directory's object. nil if there is
    /// no such object.
    public let modified: Date?
    /// The state of a file's chunk 0; `.sound` for a directory.
    public let head: FileHead.State
}

/// The length of the last chunk of a file, compared with the size of the file.
package enum LastChunk: Hashable, Sendable {
    /// It is as long as the size requires, or it is the first chunk.
    case right
    /// It is not there.
    case missing
    /// It is shorter.
    case short
    /// It is longer.
    case long
}

/// The head of a file: the size and the date from its chunk 0, and whether they can be trusted.
public struct FileHead: Hashable, Sendable {
    /// The state of chunk 0.
    public enum State: Hashable, Sendable {
        /// Chunk 0 exists, carries a size, and is as long as that size requires.
        case sound
        /// There is no chunk: an empty file of the old driver (docs/layout.md#d3), or a file that
        /// has lost all its chunks (#d7).
        case empty
        /// Chunk 0 is gone and later chunks exist: an interrupted deletion (docs/layout.md#d7).
        case missing
        /// Chunk 0 carries no size, or an impossible one.
        case badSize
        /// Chunk 0 is shorter than its part of the file.
        case short
        /// Chunk 0 is longer than a chunk: a resumed upload (docs/layout.md#d1), or surplus zeros
        /// (#d2).
        case long
    }

    /// The file's size in bytes; nil in the states `missing` and `badSize`.
    public let size: UInt64?
    /// Bytes in chunk 0; nil if there is none.
    public let length: UInt64?
    /// The date of the last write to chunk 0; nil if there is none.
    public let modified: Date?
    /// The state of chunk 0.
    public let state: State

    /// The head of a file that has no chunk 0: an empty one, or one whose size is lost with it.
    static func withoutFirstChunk(isEmpty: Bool) -> FileHead {
        FileHead(size: isEmpty ? 0 : nil, length: nil, modified: nil, state: isEmpty ? .empty : .missing)
    }

    /// The size; where it is unknown the bytes in chunk 0, and 0 if there is none.
    public var sizeOrLength: UInt64 { size ?? length ?? 0 }
}

/// The format of a file's size: the xattr `total-size` of chunk 0, ten bytes, an unsigned 64-bit
/// little-endian number and two zero bytes (docker/distribution v2.3.1, `storage/driver/rados`).
package enum TotalSize {
    /// The xattr's name.
    package static let xattr: ByteString = "total-size"

    /// The largest size that is believed, in bytes. Blobs are far below it, and a hostile number
    /// must not become a loop over 2⁴² chunks.
    static let limit: UInt64 = 1 << 40

    package static func encode(_ size: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [0, 0]
    }

    /// The size; nil if the bytes are not ten, do not end in two zeros, or are more than `limit`.
    package static func decode(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == 10, bytes[8] == 0, bytes[9] == 0 else { return nil }
        let size = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size <= limit ? size : nil
    }
}
