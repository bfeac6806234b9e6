import ObjectStore

/// Repairs single files. Each step is guarded by the state that was read before it, and may be
/// repeated.
package struct FileRepair: Sendable {
    let journal: Journal
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }

    /// Writes the bytes of a file in this order, with their size, under a new identifier, and
    /// exchanges `blob` at the path for it. The old chunks stay, for a collection. Throws
    /// `StorageError.changedMeanwhile`.
    ///
    /// - Parameter isRight: checks the new file before any path names it. If it returns false,
    ///   nothing is changed, and the result is false.
    package func rewrite(
        _ path: StoragePath, _ blob: BlobIdentifier, in order: Rearrangement,
        isRight: (_ new: BlobIdentifier) async throws -> Bool
    ) async throws -> Bool {
        // Nothing refers to the new chunks until the exchange, and hashing them may take minutes.
        // While the journal has an open intent, no collection takes them for orphans.
        let intent = try await journal.begin(.directories([path.parent], floor: path.parent), "write \(path) anew")
        do {
            let isWritten = try await rewriteUnmarked(path, blob, in: order, isRight: isRight)
            try await intent.end()
            return isWritten
        } catch {
            await Task { _ = try? await intent.end() }.value
            throw error
        }
    }

    private func rewriteUnmarked(
        _ path: StoragePath, _ blob: BlobIdentifier, in order: Rearrangement,
        isRight: (_ new: BlobIdentifier) async throws -> Bool
    ) async throws -> Bool {
        let (new, file) = replacement(of: blob, at: path)
        do {
            for target in order.targets {
                for piece in target.pieces { try await file.write(try await reader.bytes(of: piece, blob)) }
            }
            try await file.complete()
            guard try await isRight(new) else {
                await file.cancel()
                return false
            }
        } catch {
            await file.cancel()
            throw error
        }
        try await file.commit()
        return true
    }

    /// A new identifier, and the writer of its content, which exchanges `blob` for it when it
    /// commits.
    private func replacement(
        of blob: BlobIdentifier, at path: StoragePath
    ) -> (new: BlobIdentifier, writer: FileWriter) {
        let new = makeIdentifier(path)
        return (
            new,
            FileWriter(
                new, journal: journal, path: path, base: FileWriter.Base(blob: blob, head: nil), isListed: true)
        )
    }

    /// Exchanges `blob` at the path for a new file with these bytes. The old chunks stay, for a
    /// collection. False if the path has another identifier, or if `isUnchanged` returns false.
    ///
    /// The old driver overwrites in place, under the same identifier, so that the key does not show
    /// it. So `isUnchanged` is called again afterwards; if it returns false then, the path gets
    /// `blob` back.
    package func replace(
        _ path: StoragePath, _ blob: BlobIdentifier, with bytes: [UInt8], isUnchanged: () async throws -> Bool
    ) async throws -> Bool {
        guard try await reader.value(at: path) == blob.value, try await isUnchanged() else { return false }
        let (new, file) = replacement(of: blob, at: path)
        do {
            try await file.write(bytes)
        } catch {
            await file.cancel()
            throw error
        }
        do {
            try await file.commit()
        } catch StorageError.changedMeanwhile {
            return false
        }
        if try await isUnchanged() { return true }
        _ = try await writer.exchange(new, for: blob, at: path)
        return false
    }

    /// Writes an empty chunk 0 with the size 0. False if there is a chunk 0: it stays as it is.
    package func writeEmpty(_ blob: BlobIdentifier, of path: StoragePath) async throws -> Bool {
        let object = blob.chunk(0)
        return try await writer.perform(
            WriteOperation(
                guards: [.doesNotExist], [.create, .setXattr(name: TotalSize.xattr, value: TotalSize.encode(0))]),
            on: object, for: path
        ) { [reader] in
            let state = try await reader.objects.read(ReadOperation(xattrs: true), of: object)
            guard let state else { return false }
            return state.size == 0 && state.xattrs[TotalSize.xattr].flatMap(TotalSize.decode) == 0
        }
    }

    /// The bytes behind the end of a file, with the versions of their chunks, read before the
    /// content was proven to be right: only these are removed.
    package struct Surplus: Sendable {
        struct Cut: Sendable {
            let object: ObjectID
            let version: UInt64
            /// Bytes that stay; nil if the whole object is removed.
            let length: UInt64?
        }

        let cuts: [Cut]
    }

    /// The bytes behind the end of a file in these chunks, and the chunks behind its last one.
    package func surplus(of blob: BlobIdentifier, chunks: [Int]) async throws -> Surplus {
        let head = try await reader.head(of: blob)
        guard head.state == .sound || head.state == .long, let size = head.size else { return Surplus(cuts: []) }
        let cuts = try await concurrentMap(Set(chunks).sorted(), window: reader.window) { [reader] index in
            let object = blob.chunk(index)
            guard let state = try await reader.objects.read(.stat, of: object) else { return nil as Surplus.Cut? }
            let (start, isFar) = UInt64(index).multipliedReportingOverflow(by: reader.chunkSize)
            let expected = isFar || start >= size ? 0 : min(reader.chunkSize, size - start)
            guard state.size > expected || index > 0 && expected == 0 else { return nil }
            return Surplus.Cut(
                object: object, version: state.version, length: index > 0 && expected == 0 ? nil : expected)
        }
        return Surplus(cuts: cuts.compactMap(\.self))
    }

    /// Removes a surplus, the last chunk first. False if a chunk has changed since; it stays then.
    package func drop(_ surplus: Surplus, of path: StoragePath) async throws -> Bool {
        for cut in surplus.cuts.reversed() {
            let done = try await writer.perform(
                WriteOperation(guards: [.version(cut.version)], [cut.length.map { .truncate($0) } ?? .remove]),
                on: cut.object, for: path
            ) { [reader] in
                let state = try await reader.objects.read(.stat, of: cut.object)
                return state?.version == cut.version ? false : state?.size == cut.length ? true : nil
            }
            guard done else { return false }
        }
        return true
    }
}
