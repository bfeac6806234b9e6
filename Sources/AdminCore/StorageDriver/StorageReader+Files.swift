extension StorageReader {
    /// What chunk 0 says of a file: size, date, state. One round trip; a second one where there is no chunk 0.
    public func head(of blob: BlobIdentifier) async throws -> FileHead {
        try await head(of: blob, reading: nil).head
    }

    /// How the last chunk of a file compares with the rest of its size. One round trip for a file of several chunks whose first one is right,
    /// none for others: those are judged by their first chunk.
    func lastChunk(of blob: BlobIdentifier, _ head: FileHead) async throws -> LastChunk {
        guard head.state == .sound, head.size > chunkSize else { return .right }
        let last = (head.size - 1) / chunkSize
        // No pool holds so many chunks: their numbers end before.
        guard let index = Int(exactly: last), let length = try await stat(of: blob, index)?.size else {
            return .missing
        }
        let expected = head.size - last * chunkSize
        return length == expected ? .right : length < expected ? .short : .long
    }

    /// What the pool holds of an identifier, whatever its size says: bytes and chunks, which freeing it gives back. `last` is the number of
    /// its last chunk, where an enumeration has shown it; without it chunks are followed until many in a row are not there. One round trip
    /// for most files, and about one for each chunk of others.
    func held(of blob: BlobIdentifier, through last: Int? = nil) async throws -> (bytes: UInt64, chunks: Int) {
        @Sendable func lengths(_ chunks: Range<Int>) async throws -> [UInt64] {
            try await concurrentMap(chunks, window: window) { try await stat(of: blob, $0)?.size }.compactMap(\.self)
        }
        var found: [UInt64] = []
        if let last {
            found = try await lengths(0..<last + 1)
        } else {
            let head = try await head(of: blob)
            // No driver writes a further chunk before this one is full.
            if let length = head.length, length < chunkSize, head.size < chunkSize { return (length, 1) }
            found = head.length.map { [$0] } ?? []
            var wave = 1..<StorageReader.firstWave
            while true {
                let more = try await lengths(wave)
                if more.isEmpty { break }
                found += more
                wave = wave.upperBound..<wave.upperBound + min(wave.count * 2, window)
            }
        }
        return (found.reduce(0, addingCapped), found.count)
    }

    /// So many chunks are asked for first where nobody knows how many there are.
    private static let firstWave = 8

    /// Bytes of that.
    func heldBytes(of blob: BlobIdentifier, through last: Int? = nil) async throws -> UInt64 {
        try await held(of: blob, through: last).bytes
    }

    /// The same, with the first bytes of the file from the same version of chunk 0. `range` must lie in the first chunk.
    private func head(of blob: BlobIdentifier, reading range: Range<UInt64>?) async throws -> (
        head: FileHead, data: [UInt8]
    ) {
        guard let state = try await objects.read(ReadOperation(xattrs: true, data: range), of: blob.chunk(0)) else {
            let next = try await objects.read(.stat, of: blob.chunk(1))
            return (FileHead(size: 0, length: nil, modified: nil, state: next == nil ? .empty : .missing), [])
        }
        guard let size = state.xattrs[TotalSize.xattr].flatMap(TotalSize.decode) else {
            return (
                FileHead(size: state.size, length: state.size, modified: state.modified, state: .badSize), state.data
            )
        }
        let expected = min(size, chunkSize)
        let verdict: FileHead.State = state.size == expected ? .sound : state.size < expected ? .short : .long
        return (FileHead(size: size, length: state.size, modified: state.modified, state: verdict), state.data)
    }

    /// The whole content of a file. Throws `StorageError.tooLarge` if it has more than `limit` bytes, `.damaged` if not every byte
    /// is where it should be, `.notFound`, `.isDirectory`.
    public func content(_ path: StoragePath, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await content(of: blob(path), at: path, limit: limit)
    }

    /// The whole content of the file with this identifier; `path` is for messages.
    func content(of blob: BlobIdentifier, at path: StoragePath, limit: Int) async throws -> [UInt8] {
        try await file(blob, at: path, limit: limit).data
    }

    /// The same, with what chunk 0 says of the file; one round trip for what a registry has by the thousand, links and manifests. For a
    /// whole chunk each, memory and what may be in flight would be reserved without need.
    func file(_ blob: BlobIdentifier, at path: StoragePath, limit: Int) async throws -> (head: FileHead, data: [UInt8])
    {
        let most = min(chunkSize, UInt64(max(limit, 0)))
        var asked = min(most, StorageReader.firstRead)
        var first = try await head(of: blob, reading: 0..<asked)
        // More than once only if somebody else makes it longer meanwhile.
        while asked < first.head.size, first.head.size <= most {
            try check(first.head, of: blob, at: path)
            asked = first.head.size
            first = try await head(of: blob, reading: 0..<asked)
        }
        let head = first.head
        try check(head, of: blob, at: path)
        guard head.size <= UInt64(max(limit, 0)) else {
            throw StorageError.tooLarge(path, size: head.size, limit: limit)
        }
        if head.size <= chunkSize {
            let data = first.data.prefix(Int(head.size))
            guard UInt64(data.count) == head.size else { throw shortChunk(0, of: blob, at: path) }
            return (head, Array(data))
        }
        var data: [UInt8] = []
        data.reserveCapacity(Int(head.size))
        for try await piece in pieces(of: blob, head: head, from: 0, at: path) { data += piece }
        return (head, data)
    }

    /// The content of a file from `offset` on, in pieces of at most a chunk. At the size: nothing. Throws
    /// `StorageError.invalidOffset` beyond it or below 0. The stream ends with `.damaged` at the first byte that is not there.
    public func reader(_ path: StoragePath, offset: Int64 = 0) async throws -> FilePieces {
        let blob = try await blob(path)
        let head = try await head(of: blob)
        guard offset >= 0, UInt64(offset) <= head.size else {
            throw StorageError.invalidOffset(path, offset: offset, size: head.size)
        }
        try check(head, of: blob, at: path)
        return pieces(of: blob, head: head, from: UInt64(offset), at: path)
    }

    /// How many bytes of a file are asked for together with its size.
    private static let firstRead: UInt64 = 64 << 10

    func pieces(of blob: BlobIdentifier, head: FileHead, from offset: UInt64, at path: StoragePath) -> FilePieces {
        FilePieces(storage: self, blob: blob, path: path, size: head.size, offset: offset, state: head.state)
    }

    /// Throws if nothing of a file with this head can be read as it was written.
    private func check(_ head: FileHead, of blob: BlobIdentifier, at path: StoragePath) throws {
        switch head.state {
        case .sound, .empty, .long: break
        case .missing: throw StorageError.damaged(path, "\(blob.chunk(0)) is missing, and the size with it")
        case .badSize: throw StorageError.damaged(path, "\(blob.chunk(0)) carries no valid size")
        case .short: throw shortChunk(0, of: blob, at: path)
        }
    }

    func shortChunk(_ index: Int, of blob: BlobIdentifier, at path: StoragePath) -> StorageError {
        .damaged(path, "\(blob.chunk(index)) is shorter than its part of the file")
    }

    /// Reads chunk `index` from `start` to its end in a file of `size` bytes. Exactly these bytes or an error: what a resumed upload
    /// wrote past the chunk's end is not part of it, and a hole is never filled with zeros.
    func chunk(_ index: Int, of blob: BlobIdentifier, size: UInt64, from start: UInt64, at path: StoragePath)
        async throws
        -> [UInt8]
    {
        let expected = min(chunkSize, size - UInt64(index) * chunkSize)
        guard let state = try await objects.read(ReadOperation(data: start..<expected), of: blob.chunk(index)) else {
            throw StorageError.damaged(path, "\(blob.chunk(index)) is missing")
        }
        guard UInt64(state.data.count) == expected - start else { throw shortChunk(index, of: blob, at: path) }
        return state.data
    }

    /// How a file is striped: every chunk with what it should be, surplus ones included, and the holes. Only reads sizes.
    public func layout(of blob: BlobIdentifier) async throws -> ChunkLayout {
        let head = try await head(of: blob)
        let parts = head.state == .missing || head.state == .badSize ? 0 : chunkCount(ofBytes: head.size)
        // Chunk 0 exists also for an empty file; that and everything behind the end is followed until nothing is there any more.
        let planned = max(Int(parts), 1)
        var chunks = try await concurrentMap(0..<planned, window: window) { index in
            compare(index, of: blob, size: head.size, stat: try await stat(of: blob, index))
        }
        var index = planned
        while let stat = try await stat(of: blob, index), index < planned + ChunkLayout.surplusLimit {
            chunks.append(compare(index, of: blob, size: head.size, stat: stat))
            index += 1
        }
        if head.state == .empty { chunks = [] }
        return ChunkLayout(
            blob: blob, head: head, chunkSize: chunkSize, chunks: chunks, holes: chunks.compactMap(hole(in:)))
    }

    private func stat(of blob: BlobIdentifier, _ index: Int) async throws -> ObjectState? {
        try await objects.read(.stat, of: blob.chunk(index))
    }

    private func compare(
        _ index: Int, of blob: BlobIdentifier, size: UInt64, stat: ObjectState?
    ) -> ChunkLayout.Chunk {
        let length = stat?.size
        let offset = UInt64(index) * chunkSize
        let expected = size > offset ? min(chunkSize, size - offset) : 0
        let state: ChunkLayout.Chunk.State =
            switch length {
            case nil: .missing
            case _? where index > 0 && offset >= size: .surplus
            case expected?: .ok
            case let length?: length < expected ? .short : .long
            }
        return ChunkLayout.Chunk(
            index: index, object: blob.chunk(index), offset: offset, length: length, expected: expected, state: state,
            modified: stat?.modified)
    }

    private func hole(in chunk: ChunkLayout.Chunk) -> ChunkLayout.Hole? {
        let there = min(chunk.length ?? 0, chunk.expected)
        guard there < chunk.expected else { return nil }
        return ChunkLayout.Hole(offset: chunk.offset + there, length: chunk.expected - there)
    }
}

extension ChunkLayout {
    /// How many chunks behind the end of a file are listed at most.
    static let surplusLimit = 10_000
}
