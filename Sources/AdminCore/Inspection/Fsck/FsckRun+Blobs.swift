import Synchronization

/// Every blob against its digest.
extension FsckRun {
    /// How many blobs are hashed at once: each reads several chunks ahead.
    private static let window = 4

    /// Hashes all blobs whose chunks are right. Gives those whose content is not what it should be.
    func hashBlobs() async throws -> Set<BlobIdentifier> {
        let files = FsckFacts.blobs(in: inventory, paths).compactMap { inventory.file("data", in: $0) }
            .filter { !facts.faulty.contains($0.blob) }
        let total = files.reduce(UInt64(0)) { sum, file in
            guard case .known(let size) = PoolInventory<Digest>.file(of: inventory.chunks(of: file.blob)).size else {
                return sum
            }
            return addingCapped(sum, size)
        }
        let counter = ProgressCounter(phase: "hashing, bytes", total: total, handler: progress)
        let altered = Mutex<Set<BlobIdentifier>>([])
        _ = try await concurrentMap(files, window: FsckRun.window) { file in
            guard let problem = try await hash(file, counter) else { return }
            altered.withLock { _ = $0.insert(file.blob) }
            _ = try await storage.objects.status()
            log.add([problem])
        }
        return altered.withLock { $0 }
    }

    private func hash(_ file: PoolInventory<Digest>.File, _ counter: ProgressCounter) async throws -> Problem? {
        let path = inventory.path(of: file)
        guard case .blob(let digest) = paths.role(of: path) else { return nil }
        do {
            let isRight = try await storage.content(of: file.blob, at: path, has: digest) { [log] count in
                counter.advance(by: count)
                log.note { $0.checked.bytes += count }
            }
            guard isRight == false, try await storage.value(at: path) == file.blob.value else { return nil }
        } catch is StorageError {
            // It has changed since it was looked at.
            return nil
        }
        return Problem(
            kind: .digestMismatch, severity: .error, path: path, blob: file.blob, object: file.blob.chunk(0),
            detail: "The content is not what its digest says: whoever pulls an image that needs it refuses it.")
    }
}
