import ObjectStore

/// The places of the bytes of a file whose upload was resumed inside a chunk (docs/layout.md#d1),
/// in the order of the chunks that the file should have.
///
/// The old driver writes too many bytes into the chunk in which it resumes. That chunk is longer
/// than a chunk, and its surplus is missing at the beginning of the next one, which has a hole of
/// exactly that length, or no object. An upload only goes on where it ended, so every byte was
/// written once, and the lengths of the chunks give the place of each byte.
///
/// The lengths do not prove that the file was damaged this way: zero fill (docs/layout.md#d2) can
/// leave the same ones. Hash the bytes in this order, and write them only if the digest is that of
/// the file.
public struct Rearrangement: Hashable, Sendable {
    /// A run of bytes in an existing chunk.
    public struct Piece: Hashable, Sendable {
        /// The number of the chunk that has the bytes.
        public let chunk: Int
        /// Their offset in that chunk's object.
        public let offset: UInt64
        /// The number of bytes, at least 1.
        public let length: UInt64
    }

    /// A chunk as it should be.
    public struct Target: Hashable, Sendable {
        /// The chunk's number, from 0.
        public let index: Int
        /// The pieces of the chunk, in order: one, or the surplus of the chunk before it and then
        /// its own bytes.
        public let pieces: [Piece]

        /// The bytes of the chunk: the chunk size, or less for the last one.
        public var length: UInt64 { pieces.reduce(0) { $0 + $1.length } }
    }

    /// The reason why the bytes of a file cannot be put in order by the lengths of its chunks.
    public enum Refusal: Error, Hashable, Sendable {
        /// Every chunk is as long as its part.
        case inOrder
        /// The size of the file is not known.
        case noSize
        /// The chunk size is zero.
        case noChunkSize
        /// Bytes are lost: a chunk is missing, and the one before does not hold its bytes.
        case missing(chunk: Int)
        /// Bytes are lost: a chunk ends too early.
        case short(chunk: Int, length: UInt64)
        /// A chunk is longer than any resumed write leaves it.
        case long(chunk: Int, length: UInt64)
        /// A chunk lies behind the end of the file, or has an impossible number: a longer file was
        /// here (docs/layout.md#d4).
        case beyondTheEnd(chunk: Int)
        /// The last chunk does not end where the file ends: zero fill (docs/layout.md#d2), a longer
        /// file before (#d4), or a loss.
        case otherSize(size: UInt64, chunk: Int, length: UInt64)
    }

    /// The size of the file in bytes.
    public let size: UInt64
    /// Bytes in a chunk.
    public let chunkSize: UInt64
    /// The chunks that the file should have, from 0. Their pieces give every byte of the file once,
    /// in order.
    public let targets: [Target]
    /// The bytes behind the ends of the existing chunks. They have to be removed after they are
    /// written to the right chunks.
    public let surplus: [Piece]

    /// Finds the bytes of a file of `size` bytes. Takes time and memory in proportion to the number
    /// of chunks.
    ///
    /// - Parameters:
    ///   - size: The size of the file, in bytes.
    ///   - chunkSize: The bytes in a chunk.
    ///   - lengths: The lengths of the existing chunks by number, also of those behind the end of
    ///     the file. Any values are possible.
    /// - Throws: a `Refusal` unless the old driver leaves exactly these lengths by resuming;
    ///   nothing is guessed.
    public init(size: UInt64, chunkSize: UInt64, lengths: [Int: UInt64]) throws(Refusal) {
        guard chunkSize > 0 else { throw .noChunkSize }
        guard let last = lengths.keys.max() else { throw .missing(chunk: 0) }
        if size == 0, lengths == [0: 0] { throw .inOrder }
        if let negative = lengths.keys.min(), negative < 0 { throw .beyondTheEnd(chunk: negative) }
        var targets: [Target] = []
        var surplus: [Piece] = []
        var isResumed = false
        // The number of bytes of this chunk that are in the chunk before it.
        var before: UInt64 = 0
        // Ends at the first number that is missing.
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

    /// The bytes of a file whose size is lost or wrong, with all chunks as they are: their lengths
    /// give the size.
    ///
    /// - Throws: a `Refusal` unless there is a chunk 0, every chunk but the last is full, and none
    ///   is longer. This does not prove the size: hash the bytes.
    public init(asTheyStand lengths: [Int: UInt64], chunkSize: UInt64) throws(Refusal) {
        guard chunkSize > 0 else { throw .noChunkSize }
        guard let last = lengths.keys.max() else { throw .missing(chunk: 0) }
        var (targets, size): ([Target], UInt64) = ([], 0)
        if lengths != [0: 0] {
            // Ends at the first number that is missing.
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
    /// The places of the bytes, if the upload was resumed inside a chunk.
    ///
    /// - Throws: a `Rearrangement.Refusal` if the old driver does not leave such chunks; `.noSize`
    ///   if chunk 0 does not say the size.
    public func rearranged() throws(Rearrangement.Refusal) -> Rearrangement {
        switch head.state {
        case .missing, .empty: throw .missing(chunk: 0)
        case .badSize, .sound, .short, .long: break
        }
        guard let size else { throw .noSize }
        var lengths: [Int: UInt64] = [:]
        for chunk in chunks { lengths[chunk.index] = chunk.length }
        return try Rearrangement(size: size, chunkSize: chunkSize, lengths: lengths)
    }
}

extension StorageReader {
    /// Reads the bytes of a piece. Throws `StorageError.damaged` if some of them are missing.
    package func bytes(of piece: Rearrangement.Piece, _ blob: BlobIdentifier) async throws -> [UInt8] {
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
    /// The reason in a few words.
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
