import ObjectStore
import Foundation

/// Writes one file. Nothing of it is visible before `commit`: the content goes to chunks under a
/// new identifier, chunk 0 with the size comes last, and then the reference is published, guarded
/// by the identifier that the path held when writing began (docs/safety.md#new-file, #overwrite).
///
/// A writer that resumes a file copies the old content. So a reader sees either the old content or
/// the new content, and a file is never changed in place while another client appends to it. A
/// collection frees the chunks that an overwrite leaves behind.
///
/// Concurrency: an actor; calls are executed in their order. Call exactly one of `commit` and
/// `cancel` at the end. Memory: the chunk that is being filled, chunk 0, and eight chunks that are
/// being written.
public actor FileWriter {
    /// The file at the path when writing began.
    struct Base: Sendable {
        /// The identifier that is replaced.
        let blob: BlobIdentifier
        /// The head of the content that is kept around the new bytes; nil if all of it is replaced.
        let head: FileHead?
    }

    private let journal: Journal
    private let path: StoragePath
    private let base: Base?
    private let blob: BlobIdentifier
    /// True if all directories above the file were listed when writing began.
    private let isListed: Bool
    /// The directory as it was when writing began, without the file; nil if that is not known.
    private let reading: KeyReading?
    /// The modification time of the chunks; nil for that of the driver.
    private let modified: Date?
    private var filling: [UInt8] = []
    private var first: [UInt8]?
    private var chunks = 0
    private var isComplete = false
    /// The offset of the next byte.
    private var position: UInt64 = 0
    private var underWay: [Task<Void, any Error>] = []
    /// The intent that names the directories that are made for this file.
    private var intent: OpenIntent?

    /// The number of chunks that are written at once.
    private static let window = 8

    /// A writer of a file at `path` under the new identifier `blob`.
    init(
        _ blob: BlobIdentifier, journal: Journal, path: StoragePath, base: Base?, isListed: Bool,
        reading: KeyReading? = nil, modified: Date? = nil
    ) {
        self.modified = modified
        self.blob = blob
        self.journal = journal
        self.path = path
        self.base = base
        self.isListed = isListed
        self.reading = reading
    }

    /// The size of the file if it were committed now, in bytes.
    public var size: UInt64 { max(position, base?.head?.size ?? 0) }

    private nonisolated var writer: StorageWriter { journal.writer }

    private var chunkSize: UInt64 { writer.reader.chunkSize }

    /// Appends bytes at the current position.
    public func write(_ bytes: some Sequence<UInt8> & Sendable) async throws {
        for (chunk, index) in split(bytes) { try await finish(chunk, index) }
    }

    /// Adds the bytes and returns the chunks that are full. Not asynchronous, so that two calls
    /// never mix.
    private func split(_ bytes: some Sequence<UInt8>) -> [(chunk: [UInt8], index: Int)] {
        var rest = (bytes as? [UInt8] ?? Array(bytes))[...]
        position += UInt64(rest.count)
        var full: [(chunk: [UInt8], index: Int)] = []
        while !rest.isEmpty {
            let part = rest.prefix(Int(chunkSize) - filling.count)
            rest = rest.dropFirst(part.count)
            // Most files are small. A second part of a chunk means that the rest is likely to
            // follow.
            if !filling.isEmpty { filling.reserveCapacity(Int(chunkSize)) }
            filling += part
            guard filling.count == Int(chunkSize) else { continue }
            full.append((filling, chunks))
            chunks += 1
            filling = []
        }
        return full
    }

    /// Copies the old content up to `offset`. If the content ends before `offset`, writes zeros in
    /// between.
    func copy(upTo offset: UInt64) async throws {
        let old = base?.head?.size ?? 0
        try await copy(from: 0, to: min(offset, old))
        while position < offset {
            try await write([UInt8](repeating: 0, count: Int(min(chunkSize, offset - position))))
        }
    }

    /// Publishes the file. After an error nothing of the file is visible and its chunks are
    /// removed, unless the outcome is unknown.
    ///
    /// - Throws: `StorageError.changedMeanwhile` if another process wrote to the path since writing
    ///   began, `.notADirectory`, `.outcomeUnknown`; `StoreError`.
    public func commit() async throws {
        do {
            try await complete()
            // The directories come first: a crash between the reference and its directories would
            // leave content that no listing shows. In this order a crash leaves empty directories,
            // which the intent names. The directories are listed once more afterwards.
            if !isListed {
                intent = try await journal.begin(
                    .directories([path.parent], floor: .root), "make directories for \(path)")
                try await writer.linkUp([path.parent])
            }
            try await publish()
        } catch let error as StorageError {
            if case .outcomeUnknown = error {
                await intent?.release()
                throw error
            }
            await cancel()
            throw error
        } catch {
            await cancel()
            throw error
        }
        do {
            try await writer.linkUp([path.parent])
            try await intent?.end()
        } catch {
            await intent?.release()
            throw error
        }
    }

    /// Writes the rest of the file, chunk 0 at the end: then the file can be read by its
    /// identifier, and no path names it. `commit` calls this; call it earlier to check the whole
    /// file first.
    func complete() async throws {
        guard !isComplete else { return }
        if let old = base?.head?.size, position < old { try await copy(from: position, to: old) }
        if !filling.isEmpty {
            let last = filling
            filling = []
            chunks += 1
            try await finish(last, chunks - 1)
        }
        try await drain()
        try await writeFirst()
        isComplete = true
    }

    /// Cancels: removes the chunks written so far, which no path ever named, chunk 0 last.
    public func cancel() async {
        for task in underWay { task.cancel() }
        for task in underWay { _ = await task.result }
        underWay = []
        // In a separate task, so that a cancelled caller leaves nothing behind.
        await Task { [journal, writer, blob, chunks, path, intent] in
            await writer.free(blob, chunks: max(chunks, 1), of: path)
            guard let intent else { return }
            do {
                try await DirectoryPruner(journal: journal).prune([path.parent])
                try await intent.end()
            } catch {
                await intent.release()
            }
        }.value
    }

    private func finish(_ chunk: [UInt8], _ index: Int) async throws {
        if index == 0 {
            first = chunk
            return
        }
        if underWay.count >= FileWriter.window { try await underWay.removeFirst().value }
        underWay.append(Task { [self] in try await write(chunk, index, [.write(chunk, at: 0)]) })
    }

    private func drain() async throws {
        while !underWay.isEmpty { try await underWay.removeFirst().value }
    }

    private func writeFirst() async throws {
        let data = first ?? []
        try await write(
            data, 0,
            [
                data.isEmpty ? .create : .write(data, at: 0),
                .setXattr(name: TotalSize.xattr, value: TotalSize.encode(position)),
            ])
    }

    private nonisolated func write(_ data: [UInt8], _ index: Int, _ mutations: [WriteOperation.Mutation]) async throws {
        let object = blob.chunk(index)
        let applied = try await writer.perform(
            WriteOperation(guards: [.doesNotExist], mutations, modified: modified), on: object, for: path
        ) { [writer] in
            try await writer.reader.objects.read(.stat, of: object)?.size == UInt64(data.count)
        }
        guard applied else {
            throw StoreError(
                .invalid, operation: "create", object: object, reason: "a chunk of this new identifier is there already"
            )
        }
    }

    private func publish() async throws {
        if let base {
            guard try await writer.exchange(base.blob, for: blob, at: path) else {
                throw StorageError.changedMeanwhile(path)
            }
        } else if try await !writer.publish(blob, at: path, after: reading) {
            throw StorageError.changedMeanwhile(path)
        }
    }

    private func copy(from start: UInt64, to end: UInt64) async throws {
        guard let base, let head = base.head, let size = head.size, start < end else { return }
        let part = FilePieces(
            storage: writer.reader, blob: base.blob, path: path, size: min(end, size), offset: start,
            state: head.state)
        for try await piece in part { try await write(piece) }
    }
}
