internal import Crypto

/// Hashes files as they are read.
struct BlobHasher: Sendable {
    let registry: RegistryReader

    /// What is wrong with the content of a blob, as the end of a sentence that begins with its name; nil if nothing is. `read` is told of
    /// bytes as they come. Memory: the chunks that are read ahead.
    func fault(of digest: Digest, _ read: @Sendable (Int) -> Void) async throws -> Hashing.Fault? {
        let path = registry.paths.blob(digest)
        guard case .file(let file)? = try await registry.storage.entry(path)?.kind else {
            let blob = try await registry.blob(digest)
            return Hashing.Fault(state: blob.state, reason: blob.reason)
        }
        let head = try await registry.storage.head(of: file)
        let blob = BlobFinding(head, of: digest)
        // One that is too long may still have every byte where a reader looks for it: that is what the hash says.
        guard blob.state == .ok || head.state == .long else {
            return Hashing.Fault(state: blob.state, reason: blob.reason)
        }
        do {
            guard try await digest == hash(file, head, at: path, as: digest, read) else {
                return Hashing.Fault(
                    state: .damaged, reason: "has another digest than its name says: its content is not what was pushed"
                )
            }
        } catch StorageError.damaged(_, let what) {
            return Hashing.Fault(state: .damaged, reason: "cannot be read as it was written: \(what)")
        }
        return blob.state == .ok ? nil : Hashing.Fault(state: blob.state, reason: blob.reason)
    }

    /// nil for an algorithm that is not known: then nothing can be said.
    private func hash(
        _ file: BlobIdentifier, _ head: FileHead, at path: StoragePath, as digest: Digest,
        _ read: @Sendable (Int) -> Void
    ) async throws -> Digest? {
        let pieces = registry.storage.pieces(of: file, head: head, from: 0, at: path)
        switch digest.algorithm {
        case "sha256": return try await hash(pieces, SHA256(), "sha256", read)
        case "sha384": return try await hash(pieces, SHA384(), "sha384", read)
        case "sha512": return try await hash(pieces, SHA512(), "sha512", read)
        default: return digest
        }
    }

    private func hash<Function: HashFunction>(
        _ pieces: FilePieces, _ empty: Function, _ algorithm: String, _ read: @Sendable (Int) -> Void
    ) async throws -> Digest? {
        var function = empty
        for try await piece in pieces {
            try Task.checkCancellation()
            piece.withUnsafeBytes { function.update(bufferPointer: $0) }
            read(piece.count)
        }
        let bytes = Array(function.finalize())
        if algorithm == "sha256" { return Digest(sha256: bytes) }
        let hex = bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
        return Digest(algorithm: algorithm, hex: hex)
    }
}
