public import ObjectStore
public import Foundation

/// A tree that is prepared in memory, and written to an empty store with one operation for each
/// object.
///
/// For samples. The result is that of `StorageDriver.putContent` file by file. It needs no guards,
/// since no other client knows the store yet, and so takes a fraction of the round trips.
///
/// Concurrency: a value.
public struct PoolDraft: Sendable {
    private struct Directory {
        var omap: [ByteString: [UInt8]]
        var modified: Date
    }

    private struct File {
        let blob: BlobIdentifier
        var content: [UInt8]
        var zeros: Int
        var modified: Date

        var size: Int { content.count + zeros }
    }

    /// Bytes in a chunk.
    public let chunkSize: UInt64
    private let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier
    private var directories: [StoragePath: Directory] = [:]
    private var files: [StoragePath: File] = [:]

    /// An empty draft.
    ///
    /// - Parameters:
    ///   - chunkSize: bytes in a chunk, 1 to 64 MiB.
    ///   - makeIdentifier: makes the identifier of a new file.
    public init(
        chunkSize: UInt64 = StorageReader.defaultChunkSize,
        makeIdentifier: @escaping @Sendable (StoragePath) -> BlobIdentifier
    ) {
        self.chunkSize = min(max(chunkSize, 1), 64 << 20)
        self.makeIdentifier = makeIdentifier
    }

    /// True if there is a file at this path.
    public func hasFile(_ path: StoragePath) -> Bool {
        files[path] != nil
    }

    /// Sets the content of the file at `path`, and makes the directories above it. An existing file
    /// keeps its identifier, as in the old driver.
    ///
    /// - Parameters:
    ///   - content: The bytes of the file, without the zeros.
    ///   - zeros: The number of zero bytes that follow `content` (0…). They are never held in
    ///     memory.
    ///   - path: The path of the file.
    ///   - modified: The modification time to record.
    /// - Throws: `StorageError.isDirectory`, `.notADirectory`; `.invalidPath` for the root.
    public mutating func putContent(
        _ content: [UInt8], zeros: Int = 0, at path: StoragePath, modified: Date
    ) throws {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        guard directories[path] == nil else { throw StorageError.isDirectory(path) }
        let present = files[path]?.blob
        let blob = present ?? makeIdentifier(path)
        if present == nil {
            try makeDirectory(path.parent, modified: modified)
            list(path, as: blob.value, modified: modified)
        }
        files[path] = File(blob: blob, content: content, zeros: zeros, modified: modified)
    }

    /// Makes a directory, if there is none. Throws `StorageError.notADirectory`.
    public mutating func makeDirectory(_ path: StoragePath, modified: Date) throws {
        guard directories[path] == nil else { return }
        guard files[path] == nil else { throw StorageError.notADirectory(path) }
        guard !path.isRoot else {
            // The root points at itself, as in every pool since docker/distribution v2.1.0.
            directories[path] = Directory(omap: [StorageReader.rootKey: []], modified: modified)
            return
        }
        try makeDirectory(path.parent, modified: modified)
        directories[path] = Directory(omap: [:], modified: modified)
        list(path, as: [], modified: modified)
    }

    /// Lists a child in its parent, which must exist.
    private mutating func list(_ path: StoragePath, as value: [UInt8], modified: Date) {
        let key = ByteString(path.name)
        directories[path.parent]?.omap[key] = value
        // A directory's object is dated by the last change of its omap.
        if let date = directories[path.parent]?.modified, date < modified {
            directories[path.parent]?.modified = modified
        }
    }

    /// Writes the draft to an empty store: data before the directories that name it, and the root
    /// last, so that no reader sees a part of it.
    ///
    /// - Parameters:
    ///   - writer: The empty store.
    ///   - window: Tasks that run at once (1…).
    /// - Throws: `StoreError`; of kind `.invalid` if an object exists, which then stays as it is.
    public func write(to writer: any ObjectWriter, window: Int = 256) async throws {
        let below = directories.filter { !$0.key.isRoot }
        for stage in [files.values.flatMap(chunks), below.map(directory), directories.compactMap(root)] {
            _ = try await concurrentMap(stage, window: window) { object, operation in
                try await writer.applyOrThrow(operation, to: object)
            }
        }
    }

    private func root(_ path: StoragePath, _ root: Directory) -> (ObjectID, WriteOperation)? {
        path.isRoot ? directory(path, root) : nil
    }

    private func directory(_ path: StoragePath, _ directory: Directory) -> (ObjectID, WriteOperation) {
        let change: WriteOperation.Mutation = directory.omap.isEmpty ? .create : .setOmap(directory.omap)
        return (
            StorageReader.directory(path),
            WriteOperation(guards: [.doesNotExist], [change], modified: directory.modified)
        )
    }

    private func chunks(of file: File) -> [(ObjectID, WriteOperation)] {
        let (count, length) = (file.content.count, Int(chunkSize))
        return stride(from: 0, to: max(file.size, 1), by: length).map { start in
            let end = min(start + length, file.size)
            // Most files are one chunk: no copy for them.
            let bytes =
                start == 0 && count <= end ? file.content : Array(file.content[min(start, count)..<min(end, count)])
            var mutations: [WriteOperation.Mutation] = [.write(bytes, at: 0)]
            if end > count { mutations.append(.truncate(UInt64(end - start))) }
            if start == 0 {
                mutations.append(.setXattr(name: TotalSize.xattr, value: TotalSize.encode(UInt64(file.size))))
            }
            return (
                file.blob.chunk(start / length),
                WriteOperation(guards: [.doesNotExist], mutations, modified: file.modified)
            )
        }
    }
}

extension ObjectWriter {
    /// Executes an operation on an object that has no other writer. Throws `StoreError`, of kind
    /// `.invalid` if a guard refused it.
    package func applyOrThrow(_ operation: WriteOperation, to object: ObjectID) async throws {
        switch await apply(operation, to: object) {
        case .applied: return
        case .refused(.doesNotExist):
            throw StoreError(.invalid, operation: "write", object: object, reason: "it exists already")
        case .refused:
            throw StoreError(.invalid, operation: "write", object: object, reason: "it does not exist")
        case .failed(let error), .unknown(let error): throw error
        }
    }
}
