import Foundation
import Synchronization

/// Every blob against its digest.
extension FsckRun {
    /// How many blobs are hashed at once: each reads several chunks ahead.
    private static let window = 4

    /// What was written so short a time ago, in seconds, is not remembered: dates are whole seconds of other machines' clocks.
    private static let unsettled: UInt32 = 60

    /// Hashes all blobs whose chunks are right, but those that a run which was stopped has found right. Gives those whose content is not what
    /// it should be.
    func hashBlobs() async throws -> Set<BlobIdentifier> {
        let files = open()
        let total = files.reduce(UInt64(0)) { addingCapped($0, size(of: $1)) }
        let counter = ProgressCounter(phase: "hashing", unit: .bytes, total: total, handler: progress)
        let altered = Mutex<Set<BlobIdentifier>>([])
        _ = try await concurrentMap(files, window: FsckRun.window) { file in
            guard let problem = try await hash(file, counter) else { return }
            altered.withLock { _ = $0.insert(file.blob) }
            _ = try await storage.objects.status()
            log.add([problem])
        }
        return altered.withLock { $0 }
    }

    /// The files of the blobs that are to be hashed.
    private func open() -> [PoolInventory<LinkText>.File] {
        let files = FsckFacts.blobs(in: inventory, paths).compactMap { inventory.file("data", in: $0) }
            .filter { !facts.faulty.contains($0.blob) }
        guard let memory = options.memory else { return files }
        var taken: (blobs: Int, bytes: UInt64) = (0, 0)
        let open = files.filter { file in
            guard let blob = hashed(file), memory.knows(blob) else { return true }
            taken.blobs += 1
            taken.bytes = addingCapped(taken.bytes, blob.size)
            return false
        }
        log.note { $0.checked.taken = taken.blobs }
        memory.takes(taken.blobs, bytes: taken.bytes)
        return open
    }

    private func size(of file: PoolInventory<LinkText>.File) -> UInt64 {
        guard case .known(let size) = PoolInventory<LinkText>.file(of: inventory.chunks(of: file.blob)).size else {
            return 0
        }
        return size
    }

    /// What would be remembered of a blob; nil if it is none.
    private func hashed(_ file: PoolInventory<LinkText>.File) -> HashedBlob? {
        guard case .blob(let digest) = paths.file(at: inventory.path(of: file)) else { return nil }
        let modified = inventory.chunks(of: file.blob).map(\.modified).max() ?? 0
        return HashedBlob(blob: file.blob, digest: digest, size: size(of: file), modified: modified)
    }

    private func hash(_ file: PoolInventory<LinkText>.File, _ counter: ProgressCounter) async throws -> Problem? {
        let path = inventory.path(of: file)
        guard let blob = hashed(file) else { return nil }
        do {
            let isRight = try await storage.content(of: file.blob, at: path, has: blob.digest) { [log] count in
                counter.advance(by: count)
                log.note { $0.checked.bytes += count }
            }
            guard let isRight else { return nil }
            log.note { $0.checked.hashed += 1 }
            if isRight {
                let age = options.clock.now.timeIntervalSince1970 - Double(blob.modified)
                if age > Double(FsckRun.unsettled) { options.memory?.remember(blob) }
                return nil
            }
            guard try await storage.value(at: path) == file.blob.value else { return nil }
        } catch is StorageError {
            // It has changed since it was looked at.
            return nil
        }
        return Problem(
            kind: .digestMismatch, severity: .error, path: path, blob: file.blob, object: file.blob.chunk(0),
            detail: "The content is not what its digest says: whoever pulls an image that needs it refuses it.")
    }
}
