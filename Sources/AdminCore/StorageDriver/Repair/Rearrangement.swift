/// Where the bytes of a file lie whose upload was resumed inside a chunk (docs/layout.md#d1), and how they make up
/// the chunks it should have.
///
/// The old driver took too many bytes for the chunk in which it resumed. So that chunk is longer than a chunk, and
/// what it has too much is missing at the beginning of the next one, where there is a hole of exactly that length, or
/// no object at all. As uploads only ever go on where they ended, every byte was written once: the lengths of the
/// chunks alone tell where each one is.
///
/// The lengths cannot tell whether the file was damaged this way; zero fill (docs/layout.md#d2) can give the same
/// ones. Hash the bytes in the order given here, and write them down only if the digest is the file's.
public struct Rearrangement: Hashable, Sendable {
    /// A run of bytes in one of the present chunks.
    public struct Piece: Hashable, Sendable {
        /// The number of the chunk that has the bytes.
        public let chunk: Int
        /// Where they begin in that chunk's object.
        public let offset: UInt64
        /// How many they are, at least 1.
        public let length: UInt64
    }

    /// A chunk as it should be.
    public struct Target: Hashable, Sendable {
        /// The chunk's number, from 0.
        public let index: Int
        /// What it consists of, in order: one piece, or the surplus of the chunk before and then what the chunk has
        /// itself.
        public let pieces: [Piece]

        /// The bytes of the chunk: the chunk size, or less for the last one.
        public var length: UInt64 { pieces.reduce(0) { $0 + $1.length } }
    }

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

    /// The size of the file in bytes.
    public let size: UInt64
    /// Bytes in a chunk.
    public let chunkSize: UInt64
    /// The chunks that the file should have, without a gap, from 0. Together the pieces give every byte of the file
    /// once, in order.
    public let targets: [Target]
    /// What stands behind the end of a chunk in the chunks as they are, by their number. Once it lies where it
    /// belongs, it has to go.
    public let surplus: [Piece]

    /// Finds the bytes of a file of `size` bytes. `lengths` are those of the chunk objects that are there, by number,
    /// behind the end of the file as well; any values at all are possible. Takes time and memory in proportion to the
    /// number of chunks that are there.
    ///
    /// Throws a `Refusal` unless the old driver gets exactly these lengths by resuming; nothing is guessed.
    public init(size: UInt64, chunkSize: UInt64, lengths: [Int: UInt64]) throws(Refusal) {
        guard chunkSize > 0 else { throw .noChunkSize }
        guard let last = lengths.keys.max() else { throw .missing(chunk: 0) }
        if size == 0, lengths == [0: 0] { throw .inOrder }
        if let negative = lengths.keys.min(), negative < 0 { throw .beyondTheEnd(chunk: negative) }
        var targets: [Target] = []
        var surplus: [Piece] = []
        var isResumed = false
        // How many bytes of the present chunk are in the one before.
        var before: UInt64 = 0
        // No longer than there are chunks: the first number that is not there ends it.
        for index in 0...last {
            guard let length = lengths[index] else { throw .missing(chunk: index) }
            let (begin, isFar) = UInt64(index).multipliedReportingOverflow(by: chunkSize)
            guard !isFar, begin < size else { throw .beyondTheEnd(chunk: index) }
            guard length > before, index == last || length >= chunkSize else {
                throw .short(chunk: index, length: length)
            }
            let excess = length > chunkSize ? length - chunkSize : 0
            // A write that begins at byte b of a chunk, b < C, takes up to b bytes.
            guard excess == 0 || chunkSize >= 2 && excess <= chunkSize - 2 else {
                throw .long(chunk: index, length: length)
            }
            if index == last, size - begin != length { throw .otherSize(size: size, chunk: index, length: length) }
            var pieces: [Piece] = []
            if before > 0 { pieces.append(Piece(chunk: index - 1, offset: chunkSize, length: before)) }
            pieces.append(Piece(chunk: index, offset: before, length: length - excess - before))
            targets.append(Target(index: index, pieces: pieces))
            if excess > 0 {
                isResumed = true
                surplus.append(Piece(chunk: index, offset: chunkSize, length: excess))
            }
            before = excess
        }
        guard isResumed else { throw .inOrder }
        if before > 0 {
            targets.append(Target(index: last + 1, pieces: [Piece(chunk: last, offset: chunkSize, length: before)]))
        }
        self.size = size
        self.chunkSize = chunkSize
        self.targets = targets
        self.surplus = surplus
    }

    /// The bytes of chunks as they stand, in a file whose size is lost or wrong: their lengths say how many there
    /// are. `lengths` as above.
    ///
    /// Throws a `Refusal` unless there is a chunk 0, every chunk but the last is full, and none is longer. That does
    /// not prove the size: hash the bytes.
    public init(asTheyStand lengths: [Int: UInt64], chunkSize: UInt64) throws(Refusal) {
        guard chunkSize > 0 else { throw .noChunkSize }
        guard let last = lengths.keys.max() else { throw .missing(chunk: 0) }
        var (targets, size): ([Target], UInt64) = ([], 0)
        if lengths != [0: 0] {
            // No longer than there are chunks: the first number that is not there ends it.
            for index in 0...max(last, 0) {
                guard let length = lengths[index] else { throw .missing(chunk: index) }
                guard length <= chunkSize else { throw .long(chunk: index, length: length) }
                guard length == chunkSize || index == last && length > 0 else {
                    throw .short(chunk: index, length: length)
                }
                targets.append(Target(index: index, pieces: [Piece(chunk: index, offset: 0, length: length)]))
                size += length
            }
        }
        self.size = size
        self.chunkSize = chunkSize
        self.targets = targets
        surplus = []
    }
}

extension ChunkLayout {
    /// Where the bytes are, if the upload was resumed inside a chunk. Throws a `Rearrangement.Refusal` if these
    /// chunks are not left by that; `.noSize` if chunk 0 does not say how large the file is.
    public func rearranged() throws(Rearrangement.Refusal) -> Rearrangement {
        switch head.state {
        case .missing, .empty: throw .missing(chunk: 0)
        case .badSize: throw .noSize
        case .sound, .short, .long: break
        }
        var lengths: [Int: UInt64] = [:]
        for chunk in chunks { lengths[chunk.index] = chunk.length }
        return try Rearrangement(size: size, chunkSize: chunkSize, lengths: lengths)
    }
}

extension StorageReader {
    /// The bytes of a piece of one of these chunks. Throws `StorageError.damaged` if they are not all there.
    func bytes(of piece: Rearrangement.Piece, _ blob: BlobIdentifier) async throws -> [UInt8] {
        let object = blob.chunk(piece.chunk)
        let range = piece.offset..<piece.offset + piece.length
        let data = try await objects.read(ReadOperation(data: range), of: object)?.data ?? []
        guard UInt64(data.count) == piece.length else {
            throw StorageError.damaged(.root, "\(object) has changed: it does not hold what it held before")
        }
        return data
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
