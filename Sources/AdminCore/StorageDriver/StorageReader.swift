public import ObjectStore

/// The reading half of the storage driver: directories and striped files in a store of objects.
///
/// The convention is that of the `rados` driver of docker/distribution v2.1–v2.3.1
/// (docs/layout.md#objects): a directory is an object named by its path, whose omap lists the
/// children. A file is a key there, whose value is an identifier; its content lies in chunk
/// objects, its size in an xattr of chunk 0. Damage (docs/layout.md#defects) leads to an answer or
/// a typed error, never to a loop or to "not found".
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError`, and
/// `StoreError` from below.
public struct StorageReader: Sendable {
    /// The store of the tree.
    public let objects: any ObjectReader

    /// Bytes in a chunk. The pool does not store this number: see `ChunkSizeProbe`.
    public let chunkSize: UInt64

    /// True if the store is a snapshot (docs/snapshots.md): layers have sizes and no data.
    package let isSnapshot: Bool

    /// Reads of keys that many tasks share.
    let keyReader: KeyReader
    private let expectation = SizeExpectation()

    /// The default chunk size of a registry: 4 MiB.
    public static let defaultChunkSize: UInt64 = 4 << 20

    /// A reader of the tree in `objects`.
    ///
    /// - Parameters:
    ///   - objects: The store.
    ///   - chunkSize: Bytes in a chunk, 1 to 64 MiB.
    public init(objects: any ObjectReader, chunkSize: UInt64 = StorageReader.defaultChunkSize) {
        self.init(objects: objects, chunkSize: chunkSize, isSnapshot: false)
    }

    package init(objects: any ObjectReader, chunkSize: UInt64, isSnapshot: Bool) {
        self.objects = objects
        self.isSnapshot = isSnapshot
        keyReader = KeyReader(objects)
        self.chunkSize = min(max(chunkSize, 1), 64 << 20)
    }

    /// The name of the driver in a registry's configuration: `rados`.
    public var name: String { "rados" }

    /// The number of tasks that a loop over many items runs at once: enough to use all operations
    /// that the store allows, and one where it allows one.
    package var window: Int { objects.load.limit == 1 ? 1 : max(16, objects.load.limit * 2) }

    /// The number of chunks of a file of this size.
    package func chunkCount(ofBytes bytes: UInt64) -> UInt64 { bytes / chunkSize + (bytes % chunkSize == 0 ? 0 : 1) }

    /// The versions of the objects of directories; 0 where there is none. A version changes with
    /// every entry that comes or goes. One small read for each.
    public func versions(of directories: [StoragePath]) async throws -> [StoragePath: UInt64] {
        let versions = try await concurrentMap(directories, window: window) { directory in
            (directory, try await objects.read(.stat, of: StorageReader.directory(directory))?.version ?? 0)
        }
        return Dictionary(versions) { first, _ in first }
    }

    /// Always throws `StorageError.unsupported`: a pool has no URLs.
    public func urlFor(_ path: StoragePath) throws -> String {
        throw StorageError.unsupported("URLs")
    }

    // MARK: - The tree

    /// The entry of a path in its parent directory; nil if there is none. The root has no entry.
    /// One round trip.
    public func entry(_ path: StoragePath) async throws -> DirectoryEntry? {
        guard !path.isRoot else { return nil }
        let state = try await directory(path.parent, ReadOperation(omap: .keys([ByteString(path.name)])))
        return state?.omap.first.map { DirectoryEntry($0, in: path.parent) }
    }

    /// The identifier of the file at a path. Throws `StorageError.notFound` or `.isDirectory`.
    public func blob(_ path: StoragePath) async throws -> BlobIdentifier {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        switch try await entry(path)?.kind {
        case .file(let blob): return blob
        case .directory: throw StorageError.isDirectory(path)
        case .invalid(let why): throw StorageError.damaged(path, why)
        case nil:
            if try await directory(path, .stat) != nil {
                throw StorageError.isDirectory(path)
            }
            throw StorageError.notFound(path)
        }
    }

    /// All entries of a directory in the order of their bytes, also the invalid ones, but not the
    /// root's key that points at itself. nil if the directory has no object. Reads also a directory
    /// that its parent does not list (docs/layout.md#d8, #d9).
    public func entries(_ path: StoragePath) async throws -> [DirectoryEntry]? {
        let object = StorageReader.directory(path)
        guard object.violation == nil else { return nil }
        guard var omap = try await objects.wholeOmap(of: object)?.omap else { return nil }
        if path.isRoot { omap.removeAll { $0.key == StorageReader.rootKey } }
        return DirectoryEntry.all(omap, in: path)
    }

    /// The valid children of a directory, in the order of their names. A directory that is listed
    /// and has no object (docs/layout.md#d9) is empty, as is the root of an empty pool. Throws
    /// `StorageError.notFound` if the path is a file, or if nothing is there.
    public func list(_ path: StoragePath) async throws -> [DirectoryEntry] {
        if let entries = try await entries(path) {
            return entries.filter(\.isValid)
        }
        if path.isRoot { return [] }
        guard case .directory = try await entry(path)?.kind else { throw StorageError.notFound(path) }
        return []
    }

    /// The status of a file or directory. Throws `StorageError.notFound`.
    public func stat(_ path: StoragePath) async throws -> FileStatus {
        let entry = try await entry(path)
        if let entry {
            switch entry.kind {
            case .file(let blob):
                let head = try await head(of: blob)
                return FileStatus(
                    path: path, kind: .file(blob), size: head.size, modified: head.modified, head: head.state)
            case .invalid(let why): throw StorageError.damaged(path, why)
            case .directory: break
            }
        }
        let object = try await directory(path, .stat)
        guard entry != nil || object != nil || path.isRoot else { throw StorageError.notFound(path) }
        return FileStatus(path: path, kind: .directory, size: 0, modified: object?.modified, head: .sound)
    }

    /// Reads the object of a directory; nil if there is none. No object can have a path that is too
    /// long as its name, so such a path is not looked up.
    func directory(_ path: StoragePath, _ operation: ReadOperation) async throws -> ObjectState? {
        let object = StorageReader.directory(path)
        return object.violation == nil ? try await objects.read(operation, of: object) : nil
    }

    /// The value of one key; nil if there is no such key or object.
    func value(of key: ByteString, in object: ObjectID) async throws -> [UInt8]? {
        try await objects.read(ReadOperation(omap: .keys([key])), of: object)?.omap.first?.value
    }

    /// The value of a path's key in its parent directory; nil if there is no such key.
    package func value(at path: StoragePath) async throws -> [UInt8]? {
        try await value(of: ByteString(path.name), in: StorageReader.directory(path.parent))
    }

    /// Everything below a directory. The entries of a directory come before those of its
    /// subdirectories, otherwise in no particular order. Invalid entries are included and not
    /// followed. A walk always ends: paths only grow, and an object's name has at most 2048 bytes.
    /// Throws `StorageError.notFound` if there is no such directory.
    public func walk(_ path: StoragePath) async throws -> [WalkEntry] {
        let top = try await list(path, keepingInvalid: true)
        var met = top.map { WalkEntry(directory: path, entry: $0) }
        var pending = met.compactMap(StorageReader.subdirectory)
        try await concurrentWork(window: window) { _ in
            pending.popLast()
        } perform: { directory in
            try await (entries(directory) ?? []).map { WalkEntry(directory: directory, entry: $0) }
        } take: { found in
            met += found
            pending += found.compactMap(StorageReader.subdirectory)
        }
        return met
    }

    /// Everything below a directory; nil if there is no such directory.
    package func walkIfThere(_ path: StoragePath) async throws -> [WalkEntry]? {
        do {
            return try await walk(path)
        } catch StorageError.notFound {
            return nil
        }
    }

    private func list(_ path: StoragePath, keepingInvalid: Bool) async throws -> [DirectoryEntry] {
        if let entries = try await entries(path) { return entries }
        return try await list(path)
    }

    private static func subdirectory(_ entry: WalkEntry) -> StoragePath? {
        guard case .directory = entry.entry.kind else { return nil }
        return entry.path
    }

    // MARK: - Files

    /// The head of a file. One round trip; a second one if there is no chunk 0.
    public func head(of blob: BlobIdentifier) async throws -> FileHead {
        try await head(of: blob, reading: nil).head
    }

    /// Compares the last chunk of a file with its size. One round trip for a file of several chunks
    /// whose chunk 0 has a size and is not too short, none for other files.
    package func lastChunk(of blob: BlobIdentifier, _ head: FileHead) async throws -> LastChunk {
        guard head.state == .sound || head.state == .long, let size = head.size, size > chunkSize else { return .right }
        let last = (size - 1) / chunkSize
        // No pool holds so many chunks.
        guard let index = Int(exactly: last), let length = try await stat(of: blob, index)?.size else {
            return .missing
        }
        let expected = size - last * chunkSize
        return length == expected ? .right : length < expected ? .short : .long
    }

    /// The bytes and the number of the chunks of an identifier, whatever size chunk 0 says: freeing
    /// the identifier frees these. One round trip for most files, and about one for each chunk of
    /// others.
    ///
    /// - Parameter last: the number of the last chunk, if a scan has shown it. If nil, chunks are
    ///   read until many in a row are missing.
    package func held(of blob: BlobIdentifier, through last: Int? = nil) async throws -> (bytes: UInt64, chunks: Int) {
        @Sendable func lengths(_ chunks: Range<Int>) async throws -> [UInt64] {
            try await concurrentMap(chunks, window: window) { try await stat(of: blob, $0)?.size }.compactMap(\.self)
        }
        var found: [UInt64] = []
        if let last {
            found = try await lengths(0..<last + 1)
        } else {
            let head = try await head(of: blob)
            // No driver writes chunk 1 before chunk 0 is full.
            if let length = head.length, length < chunkSize, head.sizeOrLength < chunkSize { return (length, 1) }
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

    /// The number of chunks that are read first where the last one is not known.
    private static let firstWave = 8

    /// The bytes of the chunks of an identifier; see `held`.
    package func heldBytes(of blob: BlobIdentifier, through last: Int? = nil) async throws -> UInt64 {
        try await held(of: blob, through: last).bytes
    }

    /// The head of a file and some of its bytes, both of one version of chunk 0. `range` must lie
    /// in chunk 0.
    private func head(of blob: BlobIdentifier, reading range: Range<UInt64>?) async throws -> (
        head: FileHead, data: [UInt8]
    ) {
        guard let state = try await objects.read(ReadOperation(xattrs: true, data: range), of: blob.chunk(0)) else {
            let next = try await objects.read(.stat, of: blob.chunk(1))
            return (FileHead.withoutFirstChunk(isEmpty: next == nil), [])
        }
        guard let size = state.xattrs[TotalSize.xattr].flatMap(TotalSize.decode) else {
            return (FileHead(size: nil, length: state.size, modified: state.modified, state: .badSize), state.data)
        }
        let expected = min(size, chunkSize)
        let verdict: FileHead.State = state.size == expected ? .sound : state.size < expected ? .short : .long
        return (FileHead(size: size, length: state.size, modified: state.modified, state: verdict), state.data)
    }

    /// The whole content of a file.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - limit: The most bytes that are read into memory.
    /// - Throws: `StorageError.tooLarge` if the file is longer than `limit`, `.damaged` if a byte
    ///   is missing, `.notFound`, `.isDirectory`; `StoreError`.
    public func content(_ path: StoragePath, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await content(of: blob(path), at: path, limit: limit)
    }

    /// The whole content of the file with this identifier. Errors name `path`.
    package func content(of blob: BlobIdentifier, at path: StoragePath, limit: Int) async throws -> [UInt8] {
        try await file(blob, at: path, limit: limit).data
    }

    /// The head and the whole content of a file. One round trip if the file is not larger than
    /// expected (`SizeExpectation`), otherwise a second one.
    package func file(_ blob: BlobIdentifier, at path: StoragePath, limit: Int) async throws -> (
        head: FileHead, data: [UInt8]
    ) {
        let most = min(chunkSize, UInt64(max(limit, 0)))
        var asked = min(most, expectation.bytes)
        var first = try await head(of: blob, reading: 0..<asked)
        var size = try readableSize(first.head, of: blob, at: path)
        while asked < size, size <= most {
            asked = size
            first = try await head(of: blob, reading: 0..<asked)
            size = try readableSize(first.head, of: blob, at: path)
        }
        let head = first.head
        expectation.note(size)
        guard size <= UInt64(max(limit, 0)) else { throw StorageError.tooLarge(path, size: size, limit: limit) }
        if size <= chunkSize {
            let data = first.data.prefix(Int(size))
            guard UInt64(data.count) == size else { throw shortChunk(0, of: blob, at: path) }
            return (head, Array(data))
        }
        var data: [UInt8] = []
        data.reserveCapacity(Int(size))
        for try await piece in pieces(of: blob, head: head, from: 0, at: path) { data += piece }
        return (head, data)
    }

    /// The content of a file from `offset` to its end, in pieces of at most a chunk. The sequence
    /// throws `StorageError.damaged` at the first byte that is missing.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - offset: 0 to the size of the file, in bytes.
    /// - Throws: `StorageError.invalidOffset`, `.damaged` if the size is not known, `.notFound`,
    ///   `.isDirectory`; `StoreError`.
    public func reader(_ path: StoragePath, offset: Int64 = 0) async throws -> FilePieces {
        let blob = try await blob(path)
        let head = try await head(of: blob)
        let size = try readableSize(head, of: blob, at: path)
        guard offset >= 0, UInt64(offset) <= size else {
            throw StorageError.invalidOffset(path, offset: offset, size: size)
        }
        return pieces(of: blob, head: head, from: UInt64(offset), at: path)
    }

    /// The head of a file, and its content if it has one chunk and is not larger than expected. One
    /// round trip for a file that has a chunk 0.
    package func opening(
        of blob: BlobIdentifier, expecting size: UInt64
    ) async throws -> (head: FileHead, first: [UInt8]?) {
        let (head, data) = try await head(of: blob, reading: 0..<(size > chunkSize ? 0 : size))
        guard let part = head.size, 1...chunkSize ~= part, UInt64(data.count) >= part else { return (head, nil) }
        try requireData(data, ofChunk: 0, size: part, of: blob)
        return (head, UInt64(data.count) == part ? data : Array(data[..<Int(part)]))
    }

    package func pieces(
        of blob: BlobIdentifier, head: FileHead, first: [UInt8]? = nil, from offset: UInt64, at path: StoragePath
    ) -> FilePieces {
        FilePieces(
            storage: self, blob: blob, path: path, size: head.sizeOrLength, offset: offset, state: head.state,
            first: first)
    }

    /// The size of a file with this head. Throws `StorageError.damaged` if none of its content can
    /// be read.
    private func readableSize(_ head: FileHead, of blob: BlobIdentifier, at path: StoragePath) throws -> UInt64 {
        switch head.state {
        case .sound, .empty, .long: return head.sizeOrLength
        case .missing: throw StorageError.damaged(path, "\(blob.chunk(0)) is missing, and the size with it")
        case .badSize: throw StorageError.damaged(path, "\(blob.chunk(0)) carries no valid size")
        case .short: throw shortChunk(0, of: blob, at: path)
        }
    }

    func shortChunk(_ index: Int, of blob: BlobIdentifier, at path: StoragePath) -> StorageError {
        .damaged(path, "\(blob.chunk(index)) is shorter than its part of the file")
    }

    /// Reads chunk `index` of a file of `size` bytes, from `start` to the end of its part. Returns
    /// exactly these bytes or throws: bytes behind the end of the part (a resumed upload) are left
    /// out, and a hole is never filled with zeros.
    func chunk(_ index: Int, of blob: BlobIdentifier, size: UInt64, from start: UInt64, at path: StoragePath)
        async throws
        -> [UInt8]
    {
        let expected = min(chunkSize, size - UInt64(index) * chunkSize)
        guard let state = try await objects.read(ReadOperation(data: start..<expected), of: blob.chunk(index)) else {
            throw StorageError.damaged(path, "\(blob.chunk(index)) is missing")
        }
        guard UInt64(state.data.count) == expected - start else { throw shortChunk(index, of: blob, at: path) }
        try requireData(state.data, ofChunk: index, size: size, of: blob)
        return state.data
    }

    /// The chunks of a file, also those behind its end, and its holes. Reads only lengths.
    public func layout(of blob: BlobIdentifier) async throws -> ChunkLayout {
        let head = try await head(of: blob)
        let size = head.sizeOrLength
        let parts = chunkCount(ofBytes: head.size ?? 0)
        // An empty file has a chunk 0. Chunks behind the end are followed until one is missing.
        let planned = max(Int(parts), 1)
        var chunks = try await concurrentMap(0..<planned, window: window) { index in
            compare(index, of: blob, size: size, stat: try await stat(of: blob, index))
        }
        var index = planned
        while let stat = try await stat(of: blob, index), index < planned + ChunkLayout.surplusLimit {
            chunks.append(compare(index, of: blob, size: size, stat: stat))
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

    // MARK: - Names of objects

    /// The key with which the root directory points at itself. It is never followed and never
    /// listed.
    package static let rootKey: ByteString = "/"

    /// The object of a directory: its name is the path.
    public static func directory(_ path: StoragePath) -> ObjectID {
        ObjectID(ByteString(path.string))
    }
}
