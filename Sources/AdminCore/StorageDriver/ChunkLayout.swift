public import ObjectStore
public import Foundation

/// The chunks of one file, as they are and as they should be.
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
        /// Where its part begins in the file, in bytes.
        public let offset: UInt64
        /// Bytes in the object; nil if it is not there.
        public let length: UInt64?
        /// Bytes it should have; 0 for a surplus one.
        public let expected: UInt64
        /// The length, compared with what it should be.
        public let state: State
        /// When the object was last written; nil if it is not there.
        public let modified: Date?
    }

    /// A part of the file that no chunk holds.
    public struct Hole: Hashable, Sendable {
        /// Where it begins in the file, in bytes.
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
    /// All chunks, by number: those that should be there, and those that are behind the end.
    public let chunks: [Chunk]
    /// The parts that cannot be read, by offset.
    public let holes: [Hole]

    /// The file's size in bytes; nil if chunk 0 does not say it.
    public var size: UInt64? { head.size }

    /// True if every byte is where it should be and nothing else is.
    public var isSound: Bool {
        (head.state == .sound || head.state == .empty) && holes.isEmpty && chunks.allSatisfy { $0.state == .ok }
    }
}
