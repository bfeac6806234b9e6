public import ObjectStore
public import Foundation

/// The chunks of one file, compared with its size.
public struct ChunkLayout: Hashable, Sendable {
    /// One chunk object.
    public struct Chunk: Hashable, Sendable {
        /// The length of the object, compared with its part of the file.
        public enum State: String, Hashable, Sendable, CaseIterable {
            /// As long as its part.
            case ok
            /// Not there.
            case missing
            /// Shorter than its part.
            case short
            /// Longer than its part (docs/layout.md#d1, #d2, #d4).
            case long
            /// Behind the end of the file.
            case surplus
        }

        /// The chunk's number, from 0.
        public let index: Int
        /// The object's name.
        public let object: ObjectID
        /// The offset of its part in the file, in bytes.
        public let offset: UInt64
        /// Bytes in the object; nil if it is not there.
        public let length: UInt64?
        /// The length of its part, in bytes; 0 for a surplus chunk.
        public let expected: UInt64
        /// The length, compared with the length of its part.
        public let state: State
        /// The date of the last write to the object; nil if it is not there.
        public let modified: Date?
    }

    /// A part of the file that no chunk holds.
    public struct Hole: Hashable, Sendable {
        /// Its offset in the file, in bytes.
        public let offset: UInt64
        /// Its length in bytes.
        public let length: UInt64
    }

    /// The most chunks behind the end of a file that are listed.
    static let surplusLimit = 10_000

    /// The identifier of the file's chunks.
    public let blob: BlobIdentifier
    /// The head of the file.
    public let head: FileHead
    /// The chunk size that is assumed, in bytes.
    public let chunkSize: UInt64
    /// All chunks, by number: the chunks of the file, and those behind its end.
    public let chunks: [Chunk]
    /// The parts that cannot be read, by offset.
    public let holes: [Hole]

    /// The file's size in bytes; nil if chunk 0 does not say it.
    public var size: UInt64? { head.size }

    /// True if every byte is at its place and there is no other byte.
    public var isSound: Bool {
        (head.state == .sound || head.state == .empty) && holes.isEmpty && chunks.allSatisfy { $0.state == .ok }
    }
}
