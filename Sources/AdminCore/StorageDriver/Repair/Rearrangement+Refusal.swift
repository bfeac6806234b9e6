extension Rearrangement {
    /// Why the chunks of a file are not what a resumed upload leaves, so that they cannot be put in order by their
    /// lengths.
    public enum Refusal: Error, Hashable, Sendable {
        /// Every chunk is as long as its part: there is nothing to put in order.
        case inOrder
        /// The size of the file is not known.
        case noSize
        /// A chunk size of zero.
        case noChunkSize
        /// Bytes are lost: a chunk is not there, and the one before does not have what it should hold.
        case missing(chunk: Int)
        /// Bytes are lost: a chunk ends too early, for its own part or for what is missing of the next one.
        case short(chunk: Int, length: UInt64)
        /// A chunk is longer than any resumed write makes it.
        case long(chunk: Int, length: UInt64)
        /// A chunk lies behind the end of the file, or has a number that none can have: something longer was here
        /// (docs/layout.md#d4).
        case beyondTheEnd(chunk: Int)
        /// The last chunk does not end where the file does: zero fill (docs/layout.md#d2), something longer that was
        /// here before (#d4), or a loss.
        case otherSize(size: UInt64, chunk: Int, length: UInt64)
    }
}

extension Rearrangement.Refusal: CustomStringConvertible {
    /// What is in the way, in a few words.
    public var description: String {
        switch self {
        case .inOrder: "every chunk is as long as its part of the file"
        case .noSize: "the size of the file is not known"
        case .noChunkSize: "chunks of 0 bytes hold nothing"
        case .missing(let chunk): "chunk \(chunk) is missing"
        case .short(let chunk, let length): "chunk \(chunk) ends too early, after \(length) bytes"
        case .long(let chunk, let length):
            "chunk \(chunk) has \(length) bytes, more than a resumed upload ever leaves in one"
        case .beyondTheEnd(let chunk): "chunk \(chunk) lies behind the end of the file"
        case .otherSize(let size, let chunk, let length):
            "the last chunk, \(chunk), has \(length) bytes, with which the file does not end at its size of \(size)"
        }
    }
}
