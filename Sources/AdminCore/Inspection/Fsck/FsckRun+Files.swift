/// The files: what names an identifier against the chunks that are there of it.
extension FsckRun {
    func lookAtFiles() async throws {
        try await lookAtDoubles()
        try await confirm(facts.faults, "files") { try await problem(of: $0) }
        try await confirm(facts.orphans, "orphans") { [storage] orphan in
            // A collection, or a client that gave up, may have freed them since.
            guard try await storage.objects.read(.stat, of: orphan.blob.chunk(orphan.first)) != nil else { return nil }
            return Problem(
                kind: .orphanBlob, severity: .waste, blob: orphan.blob, object: orphan.blob.chunk(orphan.first),
                detail: orphan.chunks == 1
                    ? "Nothing refers to this chunk of \(orphan.bytes) bytes: no image needs it. A collection frees it."
                    : "Nothing refers to these \(orphan.chunks) chunks of \(orphan.bytes) bytes: no image needs them. A collection "
                        + "frees them.")
        }
    }

    // MARK: - One identifier under several paths

    private func lookAtDoubles() async throws {
        let suspects = facts.doubles
        try await confirm(suspects, "double references") { [storage, paths] suspect in
            let present = try await concurrentMap(suspect.paths, window: storage.window) { path in
                try await storage.value(at: path) == suspect.blob.value ? path : nil
            }.compactMap(\.self).sorted()
            guard present.count > 1, let first = present.first else { return nil }
            let kept = present.first { paths.file(at: $0)?.isBlob == true }
            let uploads = present.filter { paths.file(at: $0)?.isUpload == true }
            if let kept, uploads.count == 1, let upload = uploads.first, present.count == 2 {
                return Problem(
                    kind: .doubleReference, severity: .error, path: upload, blob: suspect.blob,
                    object: StorageReader.directory(upload.parent),
                    detail:
                        "An upload that was ended still names the content of the blob \(kept): everything can be pulled until the "
                        + "registry purges its old uploads, which deletes the blob with it.",
                    repair: .dropUploadKey(upload, suspect.blob, kept: kept))
            }
            return Problem(
                kind: .doubleReference, severity: .error, path: first, blob: suspect.blob,
                object: StorageReader.directory(first.parent),
                detail:
                    "Several paths name the same chunks, \(present.map(\.string).joined(separator: " and ")): whoever deletes one of "
                    + "them deletes the content of all.")
        }
    }

    // MARK: - Chunks

    /// What is wrong with a file, by what is there now; nil if nothing is.
    private func problem(of suspect: FsckFacts.Fault) async throws -> Problem? {
        let path = suspect.path
        guard try await storage.value(at: path) == suspect.blob.value else { return nil }
        let stored = try await storage.storedFile(suspect.blob, chunks: suspect.chunks)
        guard let fault = stored.fault(chunkSize: storage.chunkSize) else {
            guard suspect.isEmptyBlob, stored.size == .known(0) else { return nil }
            return self.problem(
                .digestMismatch, suspect,
                "The blob has no content at all, though its digest is not that of nothing: no image that needs it can be pulled."
            )
        }
        switch fault {
        case .noChunk where suspect.isBlobOfNoBytes || suspect.file == nil: return emptyFile(suspect)
        case .noChunk, .noHead: return dangling(suspect, fault)
        case .noSize:
            return try await lostSize(
                .missingSize, suspect, stored, "The first chunk does not say how large the file is: nobody can read it")
        case .badSize:
            return try await lostSize(
                .badSize, suspect, stored, "The first chunk says a size that cannot be: nobody can read the file")
        case .missing(let chunk):
            if let wrong = try await wrongSize(suspect, stored) { return wrong }
            // Others may have written it since.
            guard try await storage.objects.read(.stat, of: suspect.blob.chunk(chunk)) == nil else { return nil }
            return self.problem(
                .missingChunk, suspect, chunk: chunk,
                "Chunk \(chunk) is gone: the file ends there\(suspect.consequence). Its bytes are lost; push it again.")
        case .short(let chunk, let length):
            if let wrong = try await wrongSize(suspect, stored) { return wrong }
            return self.problem(
                .shortChunk, suspect, chunk: chunk,
                "Chunk \(chunk) ends after \(length) bytes: an old registry spins for ever there\(suspect.consequence). Push it again."
            )
        case .long(let chunk): return try await long(suspect, stored, chunk)
        case .surplus: return try await surplus(suspect, stored)
        }
    }

    /// The old driver writes no chunk for a file without bytes, and takes every later question about it for one about
    /// a file that is not there (docs/layout.md#d3). Nothing but the digest tells such a file from one that was
    /// deleted half-way (#d7).
    private func emptyFile(_ suspect: FsckFacts.Fault) -> Problem? {
        guard suspect.isBlobOfNoBytes else {
            // A repository that is named as a whole takes it along.
            guard !facts.isOfEmptyRepository(suspect.path) else { return nil }
            return Problem(
                kind: .emptyFile, severity: .info, path: suspect.path, blob: suspect.blob,
                object: StorageReader.directory(suspect.path.parent),
                detail:
                    "The file has no chunk: it was written without content, or has lost it, and nothing tells which. No registry asks for "
                    + "it.")
        }
        return Problem(
            kind: .emptyFile, severity: .error, path: suspect.path, blob: suspect.blob,
            object: StorageReader.directory(suspect.path.parent),
            detail:
                "The blob of no bytes has no chunk, as the old driver leaves it: the registry can neither serve nor replace it, so that no "
                + "image that needs it can be pulled, and every push of it fails. A chunk of no bytes mends that.",
            repair: .writeEmpty(suspect.path, suspect.blob))
    }

    private func dangling(_ suspect: FsckFacts.Fault, _ fault: FileFault) -> Problem {
        let what = fault == .noHead ? "The first chunk is gone, and the size with it" : "All content is gone"
        return Problem(
            kind: .danglingReference, severity: .error, path: suspect.path, blob: suspect.blob,
            object: StorageReader.directory(suspect.path.parent),
            detail:
                "\(what), as after a deletion that was interrupted\(suspect.consequence), and the registry can neither delete nor "
                + "replace it: pushing it fails until the reference is gone.",
            repair: .finishDeletion(suspect.path, suspect.blob))
    }

    /// A resumed upload and zero fill may look the same; only the digest tells them apart.
    private func long(_ suspect: FsckFacts.Fault, _ stored: StoredFile, _ chunk: Int) async throws -> Problem {
        if try await isRight(suspect) {
            return Problem(
                kind: .longChunk, severity: .waste, path: suspect.path, blob: suspect.blob,
                object: suspect.blob.chunk(chunk),
                detail:
                    "Chunk \(chunk) goes on behind the end of its part of the file; the content is right all the same, and the rest "
                    + "is of no use.",
                repair: .dropSurplus(suspect.path, suspect.blob, chunks: suspect.chunks))
        }
        if case .blob(let digest) = suspect.file, case .known(let size) = stored.size,
            let order = try? Rearrangement(size: size, chunkSize: storage.chunkSize, lengths: stored.lengths),
            try await storage.content(of: suspect.blob, order, has: digest)
        {
            return problem(
                .longChunk, suspect, chunk: chunk,
                "The upload was resumed, and a part of its bytes stands in the wrong chunk\(suspect.consequence). No byte is lost: in "
                    + "their right order they have the digest.",
                repair: .rearrange(suspect.path, suspect.blob, digest))
        }
        return problem(
            .longChunk, suspect, chunk: chunk,
            "Chunk \(chunk) is longer than any may be, and the bytes do not have the digest in any order that is known\(suspect.consequence). "
                + "Push it again.")
    }

    private func surplus(_ suspect: FsckFacts.Fault, _ stored: StoredFile) async throws -> Problem {
        if try await isRight(suspect) {
            return Problem(
                kind: .surplusChunk, severity: .waste, path: suspect.path, blob: suspect.blob,
                object: suspect.blob.chunk(0),
                detail:
                    "There is more than the file's own bytes: something longer was here before. The content is right.",
                repair: .dropSurplus(suspect.path, suspect.blob, chunks: suspect.chunks))
        }
        guard suspect.canBeProven else {
            return Problem(
                kind: .surplusChunk, severity: .waste, path: suspect.path, blob: suspect.blob,
                object: suspect.blob.chunk(0),
                detail:
                    "There is more than the file's own bytes: something longer was here before. Nothing says whether the content is "
                    + "right, so nothing is taken away.")
        }
        if let wrong = try await wrongSize(suspect, stored) { return wrong }
        return problem(
            .surplusChunk, suspect, chunk: 0,
            "There is more than the file's own bytes, and these are not what they should be\(suspect.consequence). Push it again."
        )
    }

    private func isRight(_ suspect: FsckFacts.Fault) async throws -> Bool {
        try await fsck.registry.isProvenRight(suspect.path, suspect.blob)
    }

    func problem(
        _ kind: ProblemKind, _ suspect: FsckFacts.Fault, chunk: Int = 0, _ detail: String, repair: Repair? = nil
    ) -> Problem {
        Problem(
            kind: kind, severity: .error, path: suspect.path, blob: suspect.blob, object: suspect.blob.chunk(chunk),
            detail: detail, repair: repair)
    }
}
