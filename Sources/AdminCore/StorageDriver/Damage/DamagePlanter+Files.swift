extension DamagePlanter {
    /// docs/layout.md#d1: a write that resumes at the end of a file, inside a chunk, as the second PATCH of an upload
    /// does.
    ///
    /// The old driver's own loop: at offset o it takes `o mod C` bytes for this chunk instead of `C - (o mod C)`. If
    /// the file's size is no multiple of the chunk size, this leaves a chunk that is too long and a hole, or no
    /// chunk, where its surplus belongs.
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

    /// docs/layout.md#d2: a write that begins behind the end of a file: the gap is filled with a whole chunk of
    /// zeros, however small it is, so that the chunk gets too long. What is read is right. The gap and `bytes` must
    /// lie in the chunk in which the file ends now.
    public func writeBeyondEnd(_ path: StoragePath, offset: UInt64, _ bytes: [UInt8]) async throws {
        let (blob, size) = try await file(path)
        let chunkSize = reader.chunkSize
        let end = offset + UInt64(bytes.count)
        guard size > 0, offset > size, end > offset, (size - 1) / chunkSize == (end - 1) / chunkSize else {
            throw StorageError.invalidOffset(path, offset: Int64(clamping: offset), size: size)
        }
        let chunk = blob.chunk(Int((size - 1) / chunkSize))
        let base = (size - 1) / chunkSize * chunkSize
        // Extending with zeros is what writing a chunk of zeros at the end comes to, without sending them.
        try await change(chunk, .truncate(size - base + chunkSize), .write(bytes, at: offset - base))
        try await setSize(end, of: blob)
    }

    /// docs/layout.md#d3: an empty file: a key with an identifier and no chunk at all. The file must not be there.
    public func putEmptyFile(_ path: StoragePath) async throws {
        try await link(path, to: makeIdentifier(path))
    }

    /// docs/layout.md#d4: a file is overwritten by something shorter, not empty: the size shrinks, while chunk 0
    /// keeps its old tail, and later chunks stay.
    public func overwriteShorter(_ path: StoragePath, _ content: [UInt8]) async throws {
        try await store(content, as: reader.blob(path))
    }

    /// docs/layout.md#d5: MOVE onto an existing path, as when two clients push one layer: the new identifier replaces
    /// the old one, whose chunks are referenced by nothing from then on. `content` is what was moved there, `source`
    /// where it had been uploaded; nothing is left there.
    public func moveOntoExisting(_ path: StoragePath, from source: StoragePath, _ content: [UInt8]) async throws {
        _ = try await reader.blob(path)
        let blob = makeIdentifier(source)
        try await store(content, as: blob)
        try await link(path, to: blob)
    }

    /// docs/layout.md#d6: a crash between the two halves of MOVE: the destination is named, the source is still
    /// there, with the same identifier.
    public func crashInsideMove(_ source: StoragePath, to destination: StoragePath) async throws {
        try await link(destination, to: reader.blob(source))
    }

    /// docs/layout.md#d7: a crash after the first step of a deletion: chunk 0 is gone, and the size with it; the key
    /// and the other chunks stay.
    public func crashInsideDelete(_ path: StoragePath) async throws {
        try await change(reader.blob(path).chunk(0), .remove)
    }

    /// docs/layout.md#d14: a chunk that ends before its part of the file does: cut to `length` bytes, which must be
    /// fewer than it has.
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
}
