import Amounts
import ObjectStore
import Registry
import StorageDriver

/// Reads a file with wrong chunks, and finds the problem and its repair: the one judgement of
/// content, for `fsck` and the screens of images and blobs.
struct FaultCheck: Sendable {
    let registry: RegistryReader
    /// Returns true for a file whose whole repository has a problem of its own.
    var isOfEmptyRepository: @Sendable (StoragePath) -> Bool = { _ in false }

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// Reads a file again and returns its problem; nil if it has none any more.
    func problem(of suspect: FsckFacts.Fault) async throws -> Problem? {
        guard try await storage.value(at: suspect.path) == suspect.blob.value else { return nil }
        return try await problem(
            of: suspect, stored: try await storage.storedFile(suspect.blob, chunks: suspect.chunks))
    }

    /// The problem of a file with these chunks; nil if it has none.
    func problem(of suspect: FsckFacts.Fault, stored: StoredFile) async throws -> Problem? {
        guard let fault = stored.fault(chunkSize: storage.chunkSize) else {
            guard suspect.isEmptyBlob, stored.size == .known(0) else { return nil }
            return suspect.problem(
                .digestMismatch,
                "The blob is empty, but its digest is not that of empty content; pulls of images that use this blob fail."
            )
        }
        switch fault {
        case .noChunk where suspect.isBlobOfNoBytes || suspect.file == nil: return emptyFile(suspect)
        case .noChunk, .noHead: return dangling(suspect, fault)
        case .noSize: return try await lostSize(.missingSize, suspect, stored, "has no size")
        case .badSize: return try await lostSize(.badSize, suspect, stored, "has an impossible size")
        case .missing(let chunk):
            if let wrong = try await wrongSize(suspect, stored) { return wrong }
            // A client may have written the chunk meanwhile.
            guard try await storage.objects.read(.stat, of: suspect.blob.chunk(chunk)) == nil else { return nil }
            return suspect.problem(
                .missingChunk, chunk: chunk,
                "Chunk \(chunk) is missing and its bytes are lost\(suspect.consequence). \(FsckFacts.replacing)")
        case .short(let chunk, let length):
            if let wrong = try await wrongSize(suspect, stored) { return wrong }
            return suspect.problem(
                .shortChunk, chunk: chunk,
                "Chunk \(chunk) has lost its end: \(AmountText.bytes(length)) of \(AmountText.bytes(expected(chunk, of: stored))) are "
                    + "left. A client that pulls it gets these bytes and then waits without end, since an old registry does not "
                    + "notice the loss. \(FsckFacts.replacing)")
        case .long(let chunk): return try await long(suspect, stored, chunk)
        case .surplus: return try await surplus(suspect, stored)
        }
    }

    /// The length of a chunk by the size of its file.
    private func expected(_ chunk: Int, of stored: StoredFile) -> UInt64 {
        guard case .known(let size) = stored.size else { return storage.chunkSize }
        let start = UInt64(chunk) * storage.chunkSize
        return min(storage.chunkSize, size - min(size, start))
    }

    /// The old driver writes no chunk for an empty file, and then treats the file as missing
    /// (docs/layout.md#d3). Only the digest tells an empty file from an interrupted deletion (#d7).
    private func emptyFile(_ suspect: FsckFacts.Fault) -> Problem? {
        guard suspect.isBlobOfNoBytes else {
            // The repair of an empty repository removes it as well.
            guard !isOfEmptyRepository(suspect.path) else { return nil }
            return Problem(
                kind: .emptyFile, severity: .info, path: suspect.path, blob: suspect.blob,
                object: StorageReader.directory(suspect.path.parent),
                detail:
                    "The file has no chunk: it was written without content, or has lost its content; nothing tells which. No registry "
                    + "reads it.")
        }
        return Problem(
            kind: .emptyFile, severity: .error, path: suspect.path, blob: suspect.blob,
            object: StorageReader.directory(suspect.path.parent),
            detail:
                "The empty blob has no chunk, since the old driver writes none. The registry can neither serve nor replace it: pulls of "
                + "images that use it fail, and so does every push of it. A chunk of 0 bytes repairs that.",
            repair: .writeEmpty(suspect.path, suspect.blob))
    }

    private func dangling(_ suspect: FsckFacts.Fault, _ fault: FileFault) -> Problem {
        let loss = fault == .noHead ? "The first chunk, which has the size, is missing" : "All chunks are missing"
        return Problem(
            kind: .danglingReference, severity: .error, path: suspect.path, blob: suspect.blob,
            object: StorageReader.directory(suspect.path.parent),
            detail:
                "\(loss), as after an interrupted deletion\(suspect.consequence). The registry can neither delete nor replace the file: "
                + "every push of it fails until the reference is removed.",
            repair: .finishDeletion(suspect.path, suspect.blob))
    }

    /// A resumed upload and zero fill may look the same. Only the digest tells them apart.
    private func long(_ suspect: FsckFacts.Fault, _ stored: StoredFile, _ chunk: Int) async throws -> Problem {
        if try await isRight(suspect) {
            return suspect.problem(
                .longChunk, severity: .waste, chunk: chunk,
                "Chunk \(chunk) has bytes after the end of its part of the file. The content is right; these bytes are of no use.",
                repair: .dropSurplus(suspect.path, suspect.blob, chunks: suspect.chunks))
        }
        if case .blob(let digest) = suspect.file, case .known(let size) = stored.size,
            let order = try? Rearrangement(size: size, chunkSize: storage.chunkSize, lengths: stored.lengths),
            try await storage.content(of: suspect.blob, order, has: digest)
        {
            return suspect.problem(
                .longChunk, chunk: chunk,
                "Some bytes of a resumed upload are in the wrong chunk\(suspect.consequence). No byte is lost: in the right order "
                    + "they have the digest.",
                repair: .rearrange(suspect.path, suspect.blob, digest))
        }
        return suspect.problem(
            .longChunk, chunk: chunk,
            "Chunk \(chunk) is longer than a chunk can be, and no known order of the bytes has the digest\(suspect.consequence). "
                + FsckFacts.replacing)
    }

    private func surplus(_ suspect: FsckFacts.Fault, _ stored: StoredFile) async throws -> Problem {
        let surplus = "The chunks have more bytes than the file"
        if try await isRight(suspect) {
            return suspect.problem(
                .surplusChunk, severity: .waste,
                "\(surplus), left from a longer file that was overwritten. The content is right.",
                repair: .dropSurplus(suspect.path, suspect.blob, chunks: suspect.chunks))
        }
        guard suspect.canBeProven else {
            return suspect.problem(
                .surplusChunk, severity: .waste,
                "\(surplus), left from a longer file that was overwritten. Nothing proves that the content is right, so no byte is "
                    + "removed.")
        }
        if let wrong = try await wrongSize(suspect, stored) { return wrong }
        return suspect.problem(
            .surplusChunk, "\(surplus), and the content is wrong\(suspect.consequence). \(FsckFacts.replacing)")
    }

    // MARK: - Sizes

    /// Chunk 0 has no size, or an impossible one.
    private func lostSize(
        _ kind: ProblemKind, _ suspect: FsckFacts.Fault, _ stored: StoredFile, _ fault: String
    ) async throws -> Problem {
        let detail = "The first chunk \(fault), so that no registry can read the file\(suspect.consequence)."
        if let order = try await provenOrder(suspect, stored) {
            return suspect.problem(
                kind, "\(detail) No byte is lost: the chunks have all of its \(AmountText.bytes(order.size)).",
                repair: restoreSize(suspect))
        }
        var repair: Repair?
        if let digest = suspect.file?.digest, suspect.file?.isBlob == false {
            let blob = paths.blob(digest)
            if case .file? = try await storage.entry(blob)?.kind {
                repair = .replaceLink(Repair.TrashedFile(path: suspect.path, blob: suspect.blob), digest, blob: blob)
            }
        }
        return suspect.problem(kind, detail, repair: repair)
    }

    /// Returns the problem of a file with a possible size that is not the size of its content; nil
    /// for other files.
    private func wrongSize(_ suspect: FsckFacts.Fault, _ stored: StoredFile) async throws -> Problem? {
        guard let order = try await provenOrder(suspect, stored), case .known(let size) = stored.size else {
            return nil
        }
        return suspect.problem(
            .badSize,
            "The first chunk has a size of \(AmountText.count(size)) bytes, but the content has \(AmountText.count(order.size))\(suspect.consequence). No byte is lost.",
            repair: restoreSize(suspect))
    }

    private func restoreSize(_ suspect: FsckFacts.Fault) -> Repair {
        .restoreSize(suspect.path, suspect.blob, chunks: suspect.chunks)
    }

    /// Returns the bytes of the chunks in their order, if they are proven to be the content.
    private func provenOrder(_ suspect: FsckFacts.Fault, _ stored: StoredFile) async throws -> Rearrangement? {
        guard let order = try? Rearrangement(asTheyStand: stored.lengths, chunkSize: storage.chunkSize) else {
            return nil
        }
        return try await ContentProof(registry: registry, path: suspect.path).isRight(suspect.blob, in: order)
            ? order : nil
    }

    private func isRight(_ suspect: FsckFacts.Fault) async throws -> Bool {
        try await ContentProof(registry: registry, path: suspect.path).isRight(suspect.blob)
    }
}

extension FsckFacts.Fault {
    fileprivate func problem(
        _ kind: ProblemKind, severity: ProblemSeverity = .error, chunk: Int = 0, _ detail: String,
        repair: Repair? = nil
    ) -> Problem {
        Problem(
            kind: kind, severity: severity, path: path, blob: blob, object: blob.chunk(chunk), detail: detail,
            repair: repair)
    }
}
