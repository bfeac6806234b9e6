/// Files whose size is lost or wrong, while every byte may be there.
extension FsckRun {
    /// Chunk 0 says no size, or an impossible one. `what` is how the sentence begins.
    func lostSize(
        _ kind: ProblemKind, _ suspect: FsckFacts.Fault, _ stored: StoredFile, _ what: String
    ) async throws -> Problem {
        if let order = try await provenOrder(suspect, stored) {
            return problem(
                kind, suspect,
                "\(what)\(suspect.consequence). No byte is lost: the \(order.size) bytes that are there are its content.",
                repair: restoreSize(suspect))
        }
        var repair: Repair?
        if let digest = suspect.file?.digest, suspect.file?.isBlob == false {
            let blob = paths.blob(digest)
            if case .file? = try await storage.entry(blob)?.kind {
                repair = .replaceLink(Repair.TrashedFile(path: suspect.path, blob: suspect.blob), digest, blob: blob)
            }
        }
        return problem(kind, suspect, "\(what)\(suspect.consequence).", repair: repair)
    }

    /// Chunk 0 says a size that could be, and is not: the bytes as they stand are the content. nil if that is not so.
    func wrongSize(_ suspect: FsckFacts.Fault, _ stored: StoredFile) async throws -> Problem? {
        guard let order = try await provenOrder(suspect, stored), case .known(let size) = stored.size else {
            return nil
        }
        return problem(
            .badSize, suspect,
            "The first chunk says a size of \(size) bytes, and the content has \(order.size)\(suspect.consequence). No byte is lost.",
            repair: restoreSize(suspect))
    }

    private func restoreSize(_ suspect: FsckFacts.Fault) -> Repair {
        .restoreSize(suspect.path, suspect.blob, chunks: suspect.chunks)
    }

    /// The bytes as they stand, if they are proven to be the content.
    private func provenOrder(_ suspect: FsckFacts.Fault, _ stored: StoredFile) async throws -> Rearrangement? {
        guard let order = try? Rearrangement(asTheyStand: stored.lengths, chunkSize: storage.chunkSize) else {
            return nil
        }
        return try await fsck.registry.isProven(suspect.path, suspect.blob, in: order) ? order : nil
    }
}
