/// The content of a file as a sequence of pieces, in order, each of at most a chunk. A few chunks
/// are read ahead.
///
/// Make one iterator only. Memory: at most eight chunks. Throws `StorageError.damaged` at the first
/// byte that is missing, and `StoreError`.
public struct FilePieces: AsyncSequence, Sendable {
    /// A run of the file's bytes.
    public typealias Element = [UInt8]

    /// The number of chunks that are read at once. More than 16 gain nothing.
    package static let readAhead = 8

    let storage: StorageReader
    let blob: BlobIdentifier
    let path: StoragePath

    /// The size of the whole file in bytes, independent of the offset.
    public let size: UInt64
    let offset: UInt64
    /// The state of the file's head.
    public let state: FileHead.State
    /// The content of a file of one chunk, if it was read with the head.
    var first: [UInt8]?

    /// An iterator that begins at the offset.
    public func makeAsyncIterator() -> Iterator {
        Iterator(pieces: self)
    }

    /// Reads ahead and returns the pieces in order.
    public struct Iterator: AsyncIteratorProtocol {
        private let pieces: FilePieces
        private var next: Int
        private let end: Int
        private var underWay: [Task<[UInt8], any Error>] = []

        init(pieces: FilePieces) {
            self.pieces = pieces
            let chunk = pieces.storage.chunkSize
            next = Int(pieces.offset / chunk)
            end = pieces.offset < pieces.size ? Int((pieces.size + chunk - 1) / chunk) : next
        }

        /// The next piece; nil at the end of the file.
        public mutating func next() async throws -> [UInt8]? {
            while next < end, underWay.count < FilePieces.readAhead {
                let (index, pieces) = (next, self.pieces)
                let begin = UInt64(index) * pieces.storage.chunkSize
                let start = pieces.offset > begin ? pieces.offset - begin : 0
                underWay.append(
                    Task {
                        if index == 0, start == 0, let first = pieces.first { return first }
                        return try await pieces.storage.chunk(
                            index, of: pieces.blob, size: pieces.size, from: start, at: pieces.path)
                    })
                next += 1
            }
            guard !underWay.isEmpty else { return nil }
            let first = underWay.removeFirst()
            let ahead = underWay
            return try await withTaskCancellationHandler {
                do {
                    return try await first.value
                } catch {
                    for task in ahead { task.cancel() }
                    underWay = []
                    next = end
                    throw error
                }
            } onCancel: {
                first.cancel()
                for task in ahead { task.cancel() }
            }
        }
    }
}
