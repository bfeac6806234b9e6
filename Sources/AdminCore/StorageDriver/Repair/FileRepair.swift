/// Repairs single files. Each step is guarded by what was seen before it, and may be repeated.
struct FileRepair: Sendable {
    let journal: Journal
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }

    /// Writes the bytes of a file in this order, and with their size, under a new identifier, and makes the path name that instead of `blob`.
    /// The chunks as they were stay, for a collection. `isRight` is asked about the new file before anything names it: where it says no, all
    /// is as before, and this is false. Throws `StorageError.changedMeanwhile`.
    func rewrite(
        _ path: StoragePath, _ blob: BlobIdentifier, in order: Rearrangement,
        isRight: (_ new: BlobIdentifier) async throws -> Bool
    ) async throws -> Bool {
        // Until it is named, nothing refers to what is written, and hashing it may take minutes: while the journal says that somebody is at it,
        // no collection takes it for an orphan.
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

    /// A new identifier, and the writer of its content, which names it at the path instead of `blob` when it commits.
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

    /// Makes the path name a new file with these bytes instead of `blob`, whose chunks stay for a collection. False if the path names
    /// another one, or if `isUnchanged` says no.
    ///
    /// The old driver overwrites in place, under the same identifier, so that the key alone does not show it (docs/journal.md): the
    /// question is asked again afterwards, and where the answer has become no, the path names `blob` again.
    func replace(
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

    /// Writes a first chunk of no bytes that says so. False if there is one already: it stays as it is.
    func writeEmpty(_ blob: BlobIdentifier, of path: StoragePath) async throws -> Bool {
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

    /// The chunks of a file whose state was read before its content was proven to be right: what is cut is what was seen then.
    struct Surplus: Sendable {
        struct Cut: Sendable {
            let object: ObjectID
            let version: UInt64
            /// Bytes that stay; nil if the whole object goes.
            let length: UInt64?
        }

        let cuts: [Cut]
    }

    /// What lies behind the end of a file in these chunks, and in those that follow the last of it.
    func surplus(of blob: BlobIdentifier, chunks: [Int]) async throws -> Surplus {
        let head = try await reader.head(of: blob)
        guard head.state == .sound || head.state == .long else { return Surplus(cuts: []) }
        let cuts = try await concurrentMap(Set(chunks).sorted(), window: reader.window) { [reader] index in
            let object = blob.chunk(index)
            guard let state = try await reader.objects.read(.stat, of: object) else { return nil as Surplus.Cut? }
            let (start, isFar) = UInt64(index).multipliedReportingOverflow(by: reader.chunkSize)
            let expected = isFar || start >= head.size ? 0 : min(reader.chunkSize, head.size - start)
            guard state.size > expected || index > 0 && expected == 0 else { return nil }
            return Surplus.Cut(
                object: object, version: state.version, length: index > 0 && expected == 0 ? nil : expected)
        }
        return Surplus(cuts: cuts.compactMap(\.self))
    }

    /// Removes that, the last chunk first. False if a chunk has changed since; it stays then.
    func drop(_ surplus: Surplus, of path: StoragePath) async throws -> Bool {
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
