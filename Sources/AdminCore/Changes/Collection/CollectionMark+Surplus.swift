import Foundation

/// Chunks behind the end of a blob's file.
struct SurplusChunks: Hashable, Sendable {
    /// The blob's.
    let path: StoragePath
    let blob: BlobIdentifier
    /// Bytes of the chunks.
    let bytes: UInt64
}

/// Where a file ends.
struct FileEnd: Hashable, Sendable {
    let path: StoragePath
    /// How many chunks it has.
    let chunks: UInt64
}

extension CollectionMark {
    /// Where the files really end that seem to have chunks behind that; of very many, some: the others wait for a
    /// later run.
    ///
    /// Only blobs at their paths are asked, which nothing else in the pool refers to. The content there is complete
    /// when it appears, and whoever writes to it again writes the same: what is behind its end then belongs to
    /// nothing. Not so anywhere else. An upload's chunks are there before its size says so; so are those of an
    /// identifier that an upload and a blob share (docs/layout.md#d6), as the upload may go on; a link is written
    /// anew in place. And what is unneeded goes whole.
    ///
    /// Chunk 0 knows the size and has its date from the last time it was written: a young one is let alone, too. That
    /// the content is all there, and not cut short by a writer that died, is proven by its digest before anything is
    /// removed.
    func endsOfOverlong() async throws -> [BlobIdentifier: FileEnd] {
        let sought = overlong.lazy.compactMap { ordinal -> (BlobIdentifier, StoragePath)? in
            guard let blob = index.blob(at: ordinal), !index.isReferredTwice(blob) else { return nil }
            return (blob, paths.blob(index.digests.keys[ordinal]))
        }.prefix(options.batch)
        let ends = try await concurrentMap(Array(sought), window: storage.window) {
            blob, path -> (BlobIdentifier, FileEnd)? in
            // What cannot be read is not looked at, and no reason to end the run.
            let head = try await reader.naming { _ in
                FileHead?.none
            } reading: {
                try await storage.head(of: blob)
            }
            switch head?.state {
            case .sound, .long: break
            // Another damage, which fsck names.
            case .missing, .empty, .short, .badSize, nil: return nil
            }
            guard let size = head?.size, let modified = head?.modified, !reader.isYoung(modified) else { return nil }
            return (blob, FileEnd(path: path, chunks: storage.chunkCount(ofBytes: size)))
        }
        return Dictionary(ends.compactMap(\.self)) { first, _ in first }
    }
}
