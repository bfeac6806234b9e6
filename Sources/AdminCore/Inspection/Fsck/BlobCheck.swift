import ObjectStore
public import Registry
public import StorageDriver
import Foundation
import Synchronization

/// Remembers the blobs that deep checks have found right, so that an interrupted check can go on.
///
/// Concurrency: called from any task, many at once.
public protocol HashMemory: Sendable {
    /// Returns whether an earlier check found this blob right, and nothing about it has changed.
    func knows(_ blob: HashedBlob) -> Bool

    /// Receives once, before the first blob is hashed, the amount of the known blobs, which are not
    /// hashed again.
    ///
    /// - Parameters:
    ///   - blobs: the number of known blobs.
    ///   - bytes: the sum of their sizes.
    func takes(_ blobs: Int, bytes: UInt64)

    /// Receives each blob that was hashed and has its digest.
    func remember(_ blob: HashedBlob)
}

/// A hashed blob with the properties that change if the blob is pushed again, repaired or altered.
public struct HashedBlob: Hashable, Sendable {
    /// The identifier of its chunks.
    public let blob: BlobIdentifier
    /// Its digest.
    public let digest: Digest
    /// Its bytes.
    public let size: UInt64
    /// The date of its newest chunk, in seconds since 1970.
    public let modified: UInt32

    /// Creates a hashed blob from its properties.
    public init(blob: BlobIdentifier, digest: Digest, size: UInt64, modified: UInt32) {
        self.blob = blob
        self.digest = digest
        self.size = size
        self.modified = modified
    }
}

/// Compares the content of blobs with their digests.
struct BlobCheck: Sendable {
    /// The number of blobs that are hashed in parallel. Each reads several chunks ahead.
    private static let window = 4

    /// The age in seconds below which blobs are not remembered: dates are whole seconds of other
    /// machines' clocks.
    private static let unsettled: UInt32 = 60

    let run: FsckRun

    private var inventory: PoolInventory<LinkText> { run.inventory }
    private var storage: StorageReader { run.storage }

    /// Hashes the blobs whose chunks are right, except those that the memory knows. Returns the
    /// blobs with another content.
    func check() async throws -> Set<BlobIdentifier> {
        let files = filesToHash()
        let total = files.reduce(UInt64(0)) { addingCapped($0, size(of: $1)) }
        let counter = ProgressCounter(phase: "hashing", unit: .bytes, total: total, handler: run.progress)
        let altered = Mutex<Set<BlobIdentifier>>([])
        _ = try await concurrentMap(files, window: BlobCheck.window) { file in
            guard let problem = try await hash(file, counter) else { return }
            altered.withLock { _ = $0.insert(file.blob) }
            _ = try await storage.objects.status()
            run.log.add([problem])
        }
        return altered.withLock { $0 }
    }

    private func filesToHash() -> [InventoryFile] {
        let files = FsckFacts.blobs(in: inventory, run.paths).compactMap { inventory.file("data", in: $0) }
            .filter { !run.facts.faulty.contains($0.blob) }
        guard let memory = run.options.memory else { return files }
        var taken: (blobs: Int, bytes: UInt64) = (0, 0)
        let open = files.filter { file in
            guard let blob = hashed(file), memory.knows(blob) else { return true }
            taken.blobs += 1
            taken.bytes = addingCapped(taken.bytes, blob.size)
            return false
        }
        run.log.note { $0.checked.taken = taken.blobs }
        memory.takes(taken.blobs, bytes: taken.bytes)
        return open
    }

    private func size(of file: InventoryFile) -> UInt64 {
        guard case .known(let size) = StoredFile(inventory.chunks(of: file.blob)).size else {
            return 0
        }
        return size
    }

    /// Returns the properties of a blob to remember; nil for other files.
    private func hashed(_ file: InventoryFile) -> HashedBlob? {
        guard case .blob(let digest) = run.paths.file(at: inventory.path(of: file)) else { return nil }
        let modified = inventory.chunks(of: file.blob).map(\.modified).max() ?? 0
        return HashedBlob(blob: file.blob, digest: digest, size: size(of: file), modified: modified)
    }

    private func hash(_ file: InventoryFile, _ counter: ProgressCounter) async throws -> Problem? {
        let path = inventory.path(of: file)
        guard let blob = hashed(file) else { return nil }
        do {
            let isRight = try await storage.content(of: file.blob, at: path, has: blob.digest) { count in
                counter.advance(by: count)
                run.log.note { $0.checked.bytes += count }
            }
            guard let isRight else { return nil }
            run.log.note { $0.checked.hashed += 1 }
            if isRight {
                let age = run.options.clock.now.timeIntervalSince1970 - Double(blob.modified)
                if age > Double(BlobCheck.unsettled) { run.options.memory?.remember(blob) }
                return nil
            }
            guard try await storage.value(at: path) == file.blob.value else { return nil }
        } catch is StorageError {
            // The file has changed since the enumeration.
            return nil
        }
        return Problem(
            kind: .digestMismatch, severity: .error, path: path, blob: file.blob, object: file.blob.chunk(0),
            detail: "The content does not have its digest: clients refuse images that use this blob.")
    }
}
