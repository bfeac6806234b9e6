extension StorageDriver {
    /// Makes `bytes` the content of the file at `path`, whether or not it exists: all or nothing. Directories on the
    /// way are made. Throws `StorageError.isDirectory`, `.notADirectory`, `.changedMeanwhile`.
    public func putContent(_ path: StoragePath, _ bytes: some Sequence<UInt8> & Sendable) async throws {
        let writer = try await replacing(path)
        do {
            try await writer.write(bytes)
        } catch {
            await writer.cancel()
            throw error
        }
        try await writer.commit()
    }

    /// A writer whose bytes become the whole content of the file at `path`, whether or not it exists.
    public func replacing(_ path: StoragePath) async throws -> FileWriter {
        let (blob, isListed) = try await presentFile(path)
        return FileWriter(
            driver: self, path: path, base: blob.map { FileWriter.Base(blob: $0, head: nil) }, isListed: isListed)
    }

    /// A writer that goes on at `offset` of the file at `path`: what is before stays, what is behind the last byte
    /// written stays, a gap behind the end is zeros. Where there is no file it makes one. Throws
    /// `StorageError.invalidOffset` below 0, `.damaged` if what has to be kept cannot be read.
    public func writer(_ path: StoragePath, offset: Int64) async throws -> FileWriter {
        let (blob, isListed) = try await presentFile(path)
        var base: FileWriter.Base?
        if let blob {
            let layout = try await reader.layout(of: blob)
            guard layout.holes.isEmpty, layout.head.state != .missing, layout.head.state != .badSize,
                !layout.chunks.contains(where: { $0.state == .long && $0.length ?? 0 > reader.chunkSize })
            else { throw StorageError.damaged(path, "\(blob) has to be repaired before it can be written to") }
            base = FileWriter.Base(blob: blob, head: layout.head)
        }
        guard offset >= 0, UInt64(offset) <= TotalSize.limit else {
            throw StorageError.invalidOffset(path, offset: offset, size: base?.head?.size ?? 0)
        }
        let writer = FileWriter(driver: self, path: path, base: base, isListed: isListed)
        do {
            try await writer.copy(upTo: UInt64(offset))
        } catch {
            await writer.cancel()
            throw error
        }
        return writer
    }

    /// The identifier of the file at a path that is about to be written, nil if there is nothing, and whether all
    /// directories on the way are listed. Refuses what would be written below a file (docs/layout.md#d10) or over a
    /// directory.
    private func presentFile(_ path: StoragePath) async throws -> (blob: BlobIdentifier?, isListed: Bool) {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        let isListed = try await checkWay(to: path)
        do {
            return (try await reader.blob(path), isListed)
        } catch StorageError.notFound {
            return (nil, isListed)
        }
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
        let all = StorageDriver.levels(of: directories).joined()
        let listed = try await concurrentMap(all, window: reader.window) { directory in
            let kind = try await reader.entry(directory)?.kind
            if case .file = kind { throw StorageError.notADirectory(directory) }
            return kind != nil
        }
        return !listed.contains(false)
    }

    /// Removes the chunks of an identifier that no path ever named: the last first, chunk 0 at the end. A failure
    /// leaves chunks that nothing refers to, which a collection finds.
    func free(_ blob: BlobIdentifier, chunks: Int, of path: StoragePath) async {
        for index in stride(from: chunks - 1, through: 0, by: -1) {
            switch await writer.apply(WriteOperation([.remove]), to: blob.chunk(index)) {
            case .applied, .refused: continue
            case .failed, .unknown: return
            }
        }
    }
}
