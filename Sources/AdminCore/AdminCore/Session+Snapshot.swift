public import ObjectStore
import SQLiteStore
public import StorageDriver
public import StoreDump
import Foundation

extension Session {
    /// Writes a snapshot of the store into a new file: every object with its size and its date, and
    /// the data of links, manifests and configurations, but not that of layers. The file appears
    /// whole or not at all.
    ///
    /// The store is not frozen meanwhile: see docs/snapshots.md.
    ///
    /// - Parameters:
    ///   - path: The file; it must not exist.
    ///   - version: The version of the program.
    ///   - progress: Receives the progress.
    /// - Returns: The note in the snapshot, and the amount that it describes.
    /// - Throws: `StoreError`: `.invalid` if the file exists, or if this store is a snapshot.
    public func writeSnapshot(
        to path: String, version: String, progress: ProgressHandler? = nil
    ) async throws -> (note: SnapshotNote, summary: StoreDump.Summary) {
        guard snapshot == nil else {
            throw StoreError(.invalid, operation: "snapshot", reason: "this is a snapshot already: copy its file")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .invalid, operation: "snapshot",
                reason: "\(ByteString(path)) exists already; a snapshot needs a new file")
        }
        let taken = clock.now
        let status = try await objects.status()
        let note = SnapshotNote(
            store: name, pool: pool, fsid: status.fsid, taken: taken, version: version, chunkSize: storage.chunkSize)
        var summary = StoreDump.Summary()
        try await FileDraft.write(path) { draft in
            let copy = try await SQLiteStore.open(path: draft, create: true, clock: clock)
            do {
                summary = try await StoreDump.copyStructure(
                    from: objects, into: copy.writer, mayKeep: SnapshotContent.mayKeep,
                    isDocument: SnapshotContent.isDocument, progress: progress)
                let driver = StorageDriver(
                    reader: StorageReader(objects: copy.reader), writer: copy.writer, policy: journal)
                try await note.write(by: driver)
            } catch {
                await copy.close()
                throw error
            }
            await copy.close()
        }
        return (note, summary)
    }
}
