public import ObjectStore
public import StorageDriver
import Algorithms
public import Foundation

/// Damages a pool as docker/distribution v2.1.0 – v2.3.1 does (docs/layout.md#defects): one method
/// for each defect that leaves a trace.
///
/// For samples and tests, never for a pool in use. Like the driver that it imitates it uses no
/// guards: nothing else may write to the pool. The file or directory must exist, sound, as
/// `StorageDriver` or `PoolDraft` writes it.
///
/// Concurrency: a value; its methods may run at once if they damage different files and
/// directories. Errors: `StorageError` if the file or directory is missing, and `StoreError`.
public struct DamagePlanter: Sendable {
    /// The tree to damage.
    public let reader: StorageReader
    let writer: any ObjectWriter
    let modified: Date?
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier

    /// A planter that reads through `reader` and changes through `writer`, which must be the same
    /// store.
    ///
    /// - Parameters:
    ///   - reader: The tree of the store.
    ///   - writer: Writes to the store.
    ///   - modified: The modification time to record; nil for now.
    ///   - makeIdentifier: Makes the identifiers of new files.
    public init(
        reader: StorageReader, writer: any ObjectWriter, modified: Date? = nil,
        makeIdentifier: @escaping @Sendable (StoragePath) -> BlobIdentifier = { _ in .random() }
    ) {
        self.reader = reader
        self.writer = writer
        self.modified = modified
        self.makeIdentifier = makeIdentifier
    }

    /// This planter with another date.
    public func dated(_ modified: Date) -> DamagePlanter {
        DamagePlanter(reader: reader, writer: writer, modified: modified, makeIdentifier: makeIdentifier)
    }

    // MARK: - Files

    /// docs/layout.md#d1: a write that resumes at the end of a file, inside a chunk, as the second
    /// PATCH of an upload does.
    ///
    /// This is the loop of the old driver: at offset o it takes `o mod C` bytes for this chunk, not
    /// the rest of the chunk. If the file's size is no multiple of the chunk size, this leaves a
    /// chunk that is too long, and a hole or no chunk where its surplus belongs.
    public func resumeInsideChunk(_ path: StoragePath, _ rest: ArraySlice<UInt8>) async throws {
        let (blob, size) = try await file(path)
        let chunkSize = reader.chunkSize
        var taken = 0
        while taken < rest.count {
            let offset = size + UInt64(taken)
            let within = offset % chunkSize
            let length = min(Int(within == 0 ? chunkSize : within), rest.count - taken)
            try await change(
                blob.chunk(Int(offset / chunkSize)), .write(Array(rest.dropFirst(taken).prefix(length)), at: within))
            taken += length
        }
        try await setSize(size + UInt64(rest.count), of: blob)
    }

    /// docs/layout.md#d2: a write that begins behind the end of a file: the gap is filled with a
    /// whole chunk of zeros, however small it is, so that the chunk becomes too long. Readers see
    /// the right bytes. The gap and `bytes` must lie in the chunk in which the file ends.
    public func writeBeyondEnd(_ path: StoragePath, offset: UInt64, _ bytes: [UInt8]) async throws {
        let (blob, size) = try await file(path)
        let chunkSize = reader.chunkSize
        let end = offset + UInt64(bytes.count)
        guard size > 0, offset > size, end > offset, (size - 1) / chunkSize == (end - 1) / chunkSize else {
            throw StorageError.invalidOffset(path, offset: Int64(clamping: offset), size: size)
        }
        let chunk = blob.chunk(Int((size - 1) / chunkSize))
        let base = (size - 1) / chunkSize * chunkSize
        // Truncating to a longer size has the effect of writing zeros, without sending them.
        try await change(chunk, .truncate(size - base + chunkSize), .write(bytes, at: offset - base))
        try await setSize(end, of: blob)
    }

    /// docs/layout.md#d3: an empty file: a key with an identifier and no chunk. The file must not
    /// exist.
    public func putEmptyFile(_ path: StoragePath) async throws {
        try await link(path, to: makeIdentifier(path))
    }

    /// docs/layout.md#d4: a file is overwritten by shorter content that is not empty: the size
    /// shrinks, chunk 0 keeps its old tail, and later chunks stay.
    public func overwriteShorter(_ path: StoragePath, _ content: [UInt8]) async throws {
        try await store(content, as: reader.blob(path))
    }

    /// docs/layout.md#d5: MOVE onto an existing path, as when two clients push one layer: the new
    /// identifier replaces the old one, and nothing refers to the old chunks from then on.
    /// `content` was uploaded at `source` and moved; nothing is left there.
    public func moveOntoExisting(_ path: StoragePath, from source: StoragePath, _ content: [UInt8]) async throws {
        _ = try await reader.blob(path)
        let blob = makeIdentifier(source)
        try await store(content, as: blob)
        try await link(path, to: blob)
    }

    /// docs/layout.md#d6: a crash between the two halves of MOVE: source and destination have the
    /// same identifier.
    public func crashInsideMove(_ source: StoragePath, to destination: StoragePath) async throws {
        try await link(destination, to: reader.blob(source))
    }

    /// docs/layout.md#d7: a crash after the first step of a deletion: chunk 0 is gone with the
    /// size; the key and the other chunks stay.
    public func crashInsideDelete(_ path: StoragePath) async throws {
        try await change(reader.blob(path).chunk(0), .remove)
    }

    /// docs/layout.md#d14: a chunk that ends before its part of the file: cut to `length` bytes,
    /// which must be fewer than it has.
    public func shorten(_ path: StoragePath, chunk index: Int, to length: UInt64) async throws {
        let object = try await reader.blob(path).chunk(index)
        guard let present = try await reader.objects.read(.stat, of: object)?.size else {
            throw StorageError.damaged(path, "\(object) is missing")
        }
        guard length < present else {
            throw StorageError.invalidOffset(path, offset: Int64(clamping: length), size: present)
        }
        try await change(object, .truncate(length))
    }

    // MARK: - Directories

    /// docs/layout.md#d8: MOVE of a directory: only the key in the parent moves. The new name is
    /// listed and has no object; nothing lists the objects of the old name and below. `destination`
    /// must lie in an existing directory.
    public func moveDirectory(_ source: StoragePath, to destination: StoragePath) async throws {
        guard case .directory = try await reader.entry(source)?.kind else { throw StorageError.notFound(source) }
        try await setKey(destination, [])
        try await removeKey(source)
    }

    /// docs/layout.md#d9: a directory that its parent does not list, because a deletion removed the
    /// key after a client had written into it. It can still be read by its exact path.
    public func unlist(_ directory: StoragePath) async throws {
        guard case .directory = try await reader.entry(directory)?.kind else {
            throw StorageError.notFound(directory)
        }
        try await removeKey(directory)
    }

    /// docs/layout.md#d9, reversed: a directory that its parent lists and that has no object. It
    /// must have no children.
    public func loseObject(of directory: StoragePath) async throws {
        guard let entries = try await reader.entries(directory) else { throw StorageError.notFound(directory) }
        guard entries.isEmpty else { throw StorageError.damaged(directory, "it has children, which would be lost") }
        try await change(StorageReader.directory(directory), .remove)
    }

    /// docs/layout.md#d10: a write below a file: the file's key becomes that of a directory with
    /// one child, and nothing refers to its data.
    public func writeBelow(_ file: StoragePath, name: String, _ content: [UInt8]) async throws {
        _ = try await reader.blob(file)
        let child = try file.appending(name)
        let blob = makeIdentifier(child)
        try await store(content, as: blob)
        try await setKey(child, blob.value)
        try await setKey(file, [])
    }

    /// docs/layout.md#d11: a key that is no valid component, such as `..`, which the old driver's
    /// rule allows. `name` may be any bytes, since nothing stops other clients of a pool.
    public func putBadName(_ name: ByteString, in directory: StoragePath) async throws {
        guard try await reader.entries(directory) != nil else { throw StorageError.notFound(directory) }
        try await change(StorageReader.directory(directory), .setOmap([name: []]))
    }

    // MARK: - Objects

    func change(_ object: ObjectID, _ mutations: WriteOperation.Mutation...) async throws {
        try await writer.applyOrThrow(WriteOperation(mutations, modified: modified), to: object)
    }

    func setSize(_ size: UInt64, of blob: BlobIdentifier) async throws {
        try await change(blob.chunk(0), .setXattr(name: TotalSize.xattr, value: TotalSize.encode(size)))
    }

    /// Writes the chunks and the size of a whole file; no path names them yet. Without bytes it
    /// writes nothing, not even a chunk 0.
    func store(_ content: [UInt8], as blob: BlobIdentifier) async throws {
        guard !content.isEmpty else { return }
        for (index, bytes) in content.chunks(ofCount: Int(reader.chunkSize)).enumerated() {
            try await change(blob.chunk(index), .write(Array(bytes), at: 0))
        }
        try await setSize(UInt64(content.count), of: blob)
    }

    func setKey(_ path: StoragePath, _ value: [UInt8]) async throws {
        try await change(StorageReader.directory(path.parent), .setOmap([ByteString(path.name): value]))
    }

    func removeKey(_ path: StoragePath) async throws {
        try await change(StorageReader.directory(path.parent), .removeOmap([ByteString(path.name)]))
    }

    /// Sets the key of a file, and lists the directories above it, the lowest first.
    func link(_ path: StoragePath, to blob: BlobIdentifier) async throws {
        try await setKey(path, blob.value)
        var directory = path.parent
        while !directory.isRoot, try await reader.entry(directory) == nil {
            try await setKey(directory, [])
            directory = directory.parent
        }
    }

    /// The identifier and the size of a file. Throws `StorageError`.
    func file(_ path: StoragePath) async throws -> (blob: BlobIdentifier, size: UInt64) {
        let blob = try await reader.blob(path)
        return (blob, try await reader.head(of: blob).sizeOrLength)
    }
}
