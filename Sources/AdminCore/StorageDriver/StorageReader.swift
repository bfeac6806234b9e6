/// The reading half of the storage driver: paths, directories and striped files on any store of objects.
///
/// The convention is that of the `rados` driver of docker/distribution v2.1–v2.3.1 (docs/layout.md#objects): a
/// directory is an object named by its path whose omap lists the children, a file is a key there with an identifier,
/// its content lies in chunk objects, its size in an xattr of chunk 0. What the old driver left behind
/// (docs/layout.md#defects) is read past: damage is an answer or a typed error, never a loop and never "not found".
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError`, and `StoreError` from below.
public struct StorageReader: Sendable {
    /// The store the tree lies in.
    public let objects: any ObjectReader

    /// Bytes in a chunk. Not stored in the pool: see `ChunkSizeProbe`.
    public let chunkSize: UInt64

    /// The chunk size of a registry that was not told otherwise: 4 MiB.
    public static let defaultChunkSize: UInt64 = 4 << 20

    /// A reader of the tree in `objects`. `chunkSize`: 1 byte to 64 MiB.
    public init(objects: any ObjectReader, chunkSize: UInt64 = StorageReader.defaultChunkSize) {
        self.objects = objects
        self.chunkSize = min(max(chunkSize, 1), 64 << 20)
    }

    /// The driver's name, `rados`, as in the registry's configuration.
    public var name: String { "rados" }

    /// How many tasks a loop over many items keeps under way: enough to fill what the store lets through; one where
    /// it lets through one.
    var window: Int { objects.load.limit == 1 ? 1 : max(16, objects.load.limit * 2) }

    /// How many chunks a file of so many bytes has.
    func chunkCount(ofBytes bytes: UInt64) -> UInt64 { bytes / chunkSize + (bytes % chunkSize == 0 ? 0 : 1) }

    /// Not supported: a pool has no URLs. Throws `StorageError.unsupported`.
    public func urlFor(_ path: StoragePath) throws -> String {
        throw StorageError.unsupported("URLs")
    }

    // MARK: - The tree

    /// What the parent directory says of a path: its entry, or nil if there is none. One round trip. The root has no
    /// entry.
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

    /// All entries of a directory, in the order of their bytes, invalid ones included; the root's key that points at
    /// itself is left out. nil if the directory has no object. A directory that its parent does not list is read all
    /// the same (docs/layout.md#d8, #d9).
    public func entries(_ path: StoragePath) async throws -> [DirectoryEntry]? {
        let object = StorageReader.directory(path)
        guard object.violation == nil else { return nil }
        return try await objects.wholeOmap(of: object)?.omap
            .filter { !(path.isRoot && $0.key == StorageReader.rootKey) }
            .map { DirectoryEntry($0, in: path) }
    }

    /// The valid children of a directory, in the order of their names. Throws `StorageError.notFound` for a file and
    /// for nothing; a directory that is listed but has no object (docs/layout.md#d9) is empty, and so is the root of
    /// a pool that was never written.
    public func list(_ path: StoragePath) async throws -> [DirectoryEntry] {
        if let entries = try await entries(path) {
            return entries.filter { $0.name != nil }
        }
        if path.isRoot { return [] }
        guard case .directory = try await entry(path)?.kind else { throw StorageError.notFound(path) }
        return []
    }

    /// What lies at a path. Throws `StorageError.notFound`.
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

    /// Reads a directory's object; nil if there is none. Where the path is longer than the name of any object can be,
    /// nothing needs to be asked: there is none.
    private func directory(_ path: StoragePath, _ operation: ReadOperation) async throws -> ObjectState? {
        let object = StorageReader.directory(path)
        return object.violation == nil ? try await objects.read(operation, of: object) : nil
    }

    /// The value of one key; nil if there is no such key or object.
    func value(of key: ByteString, in object: ObjectID) async throws -> [UInt8]? {
        try await objects.read(ReadOperation(omap: .keys([key])), of: object)?.omap.first?.value
    }

    /// What the parent directory holds for a path, as it stands there; nil if there is no such key.
    func value(at path: StoragePath) async throws -> [UInt8]? {
        try await value(of: ByteString(path.name), in: StorageReader.directory(path.parent))
    }

    /// Throws `StorageError.notADirectory` if a component on the way to `path` is a file, a `StoreError` that is
    /// `.invalid` if no object can be the directory that it lies in. True if every directory on the way is listed.
    @discardableResult
    func checkWay(to path: StoragePath) async throws -> Bool {
        let directory = StorageReader.directory(path.parent)
        if let reason = directory.violation {
            throw StoreError(.invalid, operation: "write", object: directory, reason: reason)
        }
        return try await checkWays(through: [path.parent])
    }

    /// The same for files in many directories, which all can be.
    @discardableResult
    func checkWays(through directories: Set<StoragePath>) async throws -> Bool {
        let all = StoragePath.levels(of: directories).joined()
        let listed = try await concurrentMap(all, window: window) { directory in
            let kind = try await entry(directory)?.kind
            if case .file = kind { throw StorageError.notADirectory(directory) }
            return kind != nil
        }
        return !listed.contains(false)
    }

    /// Everything below a directory, the deepest directories of which are listed in parallel: a directory's entries come before those
    /// of its subdirectories, otherwise in no particular order. Invalid entries are met and not followed, so a walk ends: paths only
    /// grow, and an object's name cannot exceed 2048 bytes. Throws `StorageError.notFound` if there is no such directory.
    public func walk(_ path: StoragePath) async throws -> [WalkEntry] {
        let top = try await list(path, keepingInvalid: true)
        let window = window
        return try await withThrowingTaskGroup(of: [WalkEntry].self) { group in
            var met = top.map { WalkEntry(directory: path, entry: $0) }
            var pending = met.compactMap(StorageReader.subdirectory)
            var underWay = 0
            while true {
                while underWay < window, let next = pending.popLast() {
                    underWay += 1
                    group.addTask {
                        try await (entries(next) ?? []).map { WalkEntry(directory: next, entry: $0) }
                    }
                }
                guard let found = try await group.next() else { break }
                underWay -= 1
                met += found
                pending += found.compactMap(StorageReader.subdirectory)
            }
            return met
        }
    }

    /// The same; nil if there is no such directory.
    func walkIfThere(_ path: StoragePath) async throws -> [WalkEntry]? {
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

    // MARK: - Names of objects

    /// The key with which the root directory points at itself. Never followed, never listed.
    static let rootKey: ByteString = "/"

    /// The object of a directory: it is named by the path.
    public static func directory(_ path: StoragePath) -> ObjectID {
        ObjectID(ByteString(path.string))
    }
}
