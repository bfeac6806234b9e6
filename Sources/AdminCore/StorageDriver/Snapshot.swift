package import ObjectStore
public import Foundation

/// The note in a snapshot: a store that holds the structure of another one, and no data of layers
/// (docs/snapshots.md).
public struct SnapshotNote: Codable, Hashable, Sendable {
    /// The format's number.
    package var format = 1
    /// The name of the store that was read, such as `pool registry`.
    public let store: String
    /// The name of its pool; nil for other stores.
    public let pool: String?
    /// The fsid of its cluster; nil if it is not known.
    public let fsid: String?
    /// The time at which reading began.
    public let taken: Date
    /// The version of the regtop that wrote it.
    public let version: String
    /// Bytes in a chunk, as the session assumed them.
    public let chunkSize: UInt64

    package init(store: String, pool: String?, fsid: String?, taken: Date, version: String, chunkSize: UInt64) {
        self.store = store
        self.pool = pool
        self.fsid = fsid
        self.taken = taken
        self.version = version
        self.chunkSize = chunkSize
    }

    private static let store = RecordStore<SnapshotNote>(
        object: ObjectID("snapshot", namespace: Journal.namespace), dates: .text)
    private static let key: ByteString = "note"

    /// Writes the note into a snapshot.
    package func write(by driver: StorageDriver) async throws {
        try await Self.store.set([Self.key: self], by: driver.writer)
    }

    /// The note in a store; nil if the store is no snapshot.
    package static func read(from objects: any ObjectReader) async throws -> SnapshotNote? {
        try await store.records(in: StorageReader(objects: objects))[key]
    }
}

/// The data that a snapshot keeps: that of small objects, and that of chunk 0 of files that may be
/// documents, such as manifests and configurations.
package enum SnapshotContent {
    /// The largest document.
    private static let documentLimit: UInt64 = 4 << 20

    /// False for objects whose data a snapshot never keeps.
    package static func mayKeep(_ object: ObjectID) -> Bool {
        guard object.namespace.isEmpty else { return true }
        return BlobIdentifier.parse(chunkName: object.name)?.index ?? 0 == 0
    }

    /// True if the data of an object may be a JSON document.
    package static func isDocument(size: UInt64, beginning: [UInt8]) -> Bool {
        guard size <= documentLimit else { return false }
        // The documents of this age may have a byte order mark, blanks or zeros in front.
        let blanks: Set<UInt8> = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf]
        return beginning.first { !blanks.contains($0) } == UInt8(ascii: "{")
    }
}

extension StorageReader {
    /// Throws if this is a snapshot, and `beginning` of chunk 0 of a file shows that the data is
    /// not there. A small file has its data.
    func requireData(_ beginning: [UInt8], ofChunk index: Int, size: UInt64, of blob: BlobIdentifier) throws {
        guard isSnapshot, index > 0 || size > chunkSize || beginning.allSatisfy({ $0 == 0 }), size > 4 << 10 else {
            return
        }
        throw StoreError(
            .incomplete, operation: "read", object: blob.chunk(index),
            reason: "this is a snapshot, which has the sizes of layers and not their data")
    }
}
