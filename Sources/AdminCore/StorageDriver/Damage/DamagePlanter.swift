public import Foundation

/// Damages a pool as docker/distribution v2.1.0 – v2.3.1 does (docs/layout.md#defects): one method for each defect
/// that leaves a trace.
///
/// For samples and tests, never for a pool that anybody needs. Like the driver it imitates it uses no guards, so
/// whoever uses it must be alone in the pool. What is damaged must be there before, sound, as `StorageDriver` or
/// `PoolDraft` writes it.
///
/// Concurrency: a value; its methods may run at once if they damage different files and directories. Errors:
/// `StorageError` for what is not there, `StoreError` from below.
public struct DamagePlanter: Sendable {
    /// The tree to be damaged, to read.
    public let reader: StorageReader
    let writer: any ObjectWriter
    let modified: Date?
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier

    /// A planter that looks through `reader` and changes through `writer`, which must be the same store. `modified`:
    /// the modification time to record, nil for now. `makeIdentifier` gives the identifiers of new files.
    public init(
        reader: StorageReader, writer: any ObjectWriter, modified: Date? = nil,
        makeIdentifier: @escaping @Sendable (StoragePath) -> BlobIdentifier = { _ in .random() }
    ) {
        self.reader = reader
        self.writer = writer
        self.modified = modified
        self.makeIdentifier = makeIdentifier
    }

    /// The same planter with another date.
    public func dated(_ modified: Date) -> DamagePlanter {
        DamagePlanter(reader: reader, writer: writer, modified: modified, makeIdentifier: makeIdentifier)
    }

    // MARK: - What the old driver does to objects

    func change(_ object: ObjectID, _ mutations: WriteOperation.Mutation...) async throws {
        try await writer.applyOrThrow(WriteOperation(mutations, modified: modified), to: object)
    }

    func setSize(_ size: UInt64, of blob: BlobIdentifier) async throws {
        try await change(blob.chunk(0), .setXattr(name: TotalSize.xattr, value: TotalSize.encode(size)))
    }

    /// The chunks and the size of a whole file; no path names them yet. Without bytes nothing is written at all, not
    /// even a chunk 0.
    func store(_ content: [UInt8], as blob: BlobIdentifier) async throws {
        guard !content.isEmpty else { return }
        for start in stride(from: 0, to: content.count, by: Int(reader.chunkSize)) {
            let end = min(start + Int(reader.chunkSize), content.count)
            try await change(blob.chunk(start / Int(reader.chunkSize)), .write(Array(content[start..<end]), at: 0))
        }
        try await setSize(UInt64(content.count), of: blob)
    }

    func setKey(_ path: StoragePath, _ value: [UInt8]) async throws {
        try await change(StorageReader.directory(path.parent), .setOmap([ByteString(path.name): value]))
    }

    func removeKey(_ path: StoragePath) async throws {
        try await change(StorageReader.directory(path.parent), .removeOmap([ByteString(path.name)]))
    }

    /// Names a file, and lists the directories above it, the lowest first.
    func link(_ path: StoragePath, to blob: BlobIdentifier) async throws {
        try await setKey(path, blob.value)
        var directory = path.parent
        while !directory.isRoot, try await reader.entry(directory) == nil {
            try await setKey(directory, [])
            directory = directory.parent
        }
    }

    /// The file's identifier and size. Throws `StorageError`.
    func file(_ path: StoragePath) async throws -> (blob: BlobIdentifier, size: UInt64) {
        let blob = try await reader.blob(path)
        return (blob, try await reader.head(of: blob).size)
    }
}
