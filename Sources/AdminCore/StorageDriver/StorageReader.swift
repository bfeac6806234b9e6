/// The reading half of the storage driver: paths, directories and striped files on any store of objects.
///
/// The convention is that of the `rados` driver of docker/distribution v2.1–v2.3.1 (docs/layout.md#objects): a
/// directory is an object named by its path whose omap lists the children, a file is a key there with an identifier,
/// its content lies in chunk objects, its size in an xattr of chunk 0. What the old driver left behind
/// (docs/layout.md#defects) is read past: damage is an answer or a typed error, never a loop and never "not found".
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError`, and `StoreError` from below.
public struct StorageReader: Sendable {
    /// The store the tree lies in.
    public let objects: any ObjectReader

    /// Bytes in a chunk. Not stored in the pool: see `ChunkSizeProbe`.
    public let chunkSize: UInt64

    /// The chunk size of a registry that was not told otherwise: 4 MiB.
    public static let defaultChunkSize: UInt64 = 4 << 20

    /// A reader of the tree in `objects`. `chunkSize`: 1 byte to 64 MiB.
    public init(objects: any ObjectReader, chunkSize: UInt64 = StorageReader.defaultChunkSize) {
        self.objects = objects
        self.chunkSize = min(max(chunkSize, 1), 64 << 20)
    }

    /// The driver's name, `rados`, as in the registry's configuration.
    public var name: String { "rados" }

    /// How many tasks a loop over many items keeps under way: enough to fill what the store lets through; one where
    /// it lets through one.
    var window: Int { objects.load.limit == 1 ? 1 : max(16, objects.load.limit * 2) }

    /// How many chunks a file of so many bytes has.
    func chunkCount(ofBytes bytes: UInt64) -> UInt64 { bytes / chunkSize + (bytes % chunkSize == 0 ? 0 : 1) }

    /// Not supported: a pool has no URLs. Throws `StorageError.unsupported`.
    public func urlFor(_ path: StoragePath) throws -> String {
        throw StorageError.unsupported("URLs")
    }

    // MARK: - The tree

    /// What the parent directory says of a path: its entry, or nil if there is none. One round trip. The root has no
    /// entry.
    public func entry(_ path: StoragePath) async throws -> DirectoryEntry? {
        guard !path.isRoot else { return nil }
        let state = try await directory(path.parent, ReadOperation(omap: .keys([ByteString(path.name)])))
        return state?.omap.first.map { DirectoryEntry($0, in: path.parent) }
    }

    /// The identifier of the file at a path. Throws `StorageError.notFound` or `.isDirectory`.
    public func blob(_ path: StoragePath) async throws -> BlobIdentifier {
        guard !path.isRoot else { throw StorageError.invalidPath("/") }
        switch try await entry(path)?.kind {
        case .file(let blob): return blob
        case .directory: throw StorageError.isDirectory(path)
        case .invalid(let why): throw StorageError.damaged(path, why)
        case nil:
            if try await directory(path, .stat) != nil {
                throw StorageError.isDirectory(path)
            }
            throw StorageError.notFound(path)
        }
    }

    /// All entries of a directory, in the order of their bytes, invalid ones included; the root's key that points at
    /// itself is left out. nil if the directory has no object. A directory that its parent does not list is read all
    /// the same (docs/layout.md#d8, #d9).
    public func entries(_ path: StoragePath) async throws -> [DirectoryEntry]? {
        let object = StorageReader.directory(path)
        guard object.violation == nil else { return nil }
        return try await objects.wholeOmap(of: object)?.omap
            .filter { !(path.isRoot && $0.key == StorageReader.rootKey) }
            .map { DirectoryEntry($0, in: path) }
    }

    /// The valid children of a directory, in the order of their names. Throws `StorageError.notFound` for a file and
    /// for nothing; a directory that is listed but has no object (docs/layout.md#d9) is empty, and so is the root of
    /// a pool that was never written.
    public func list(_ path: StoragePath) async throws -> [DirectoryEntry] {
        if let entries = try await entries(path) {
            return entries.filter { $0.name != nil }
        }
        if path.isRoot { return [] }
        guard case .directory = try await entry(path)?.kind else { throw StorageError.notFound(path) }
        return []
    }

    /// What lies at a path. Throws `StorageError.notFound`.
    public func stat(_ path: StoragePath) async throws -> FileStatus {
        let entry = try await entry(path)
        if let entry {
            switch entry.kind {
            case .file(let blob):
                let head = try await head(of: blob)
                return FileStatus(
                    path: path, kind: .file(blob), size: head.size, modified: head.modified, head: head.state)
            case .invalid(let why): throw StorageError.damaged(path, why)
            case .directory: break
            }
        }
        let object = try await directory(path, .stat)
        guard entry != nil || object != nil || path.isRoot else { throw StorageError.notFound(path) }
        return FileStatus(path: path, kind: .directory, size: 0, modified: object?.modified, head: .sound)
    }

    /// Reads a directory's object; nil if there is none. Where the path is longer than the name of any object can be,
    /// nothing needs to be asked: there is none.
    private func directory(_ path: StoragePath, _ operation: ReadOperation) async throws -> ObjectState? {
        let object = StorageReader.directory(path)
        return object.violation == nil ? try await objects.read(operation, of: object) : nil
    }

    // MARK: - Names of objects

    /// The key with which the root directory points at itself. Never followed, never listed.
    static let rootKey: ByteString = "/"

    /// The object of a directory: it is named by the path.
    public static func directory(_ path: StoragePath) -> ObjectID {
        ObjectID(ByteString(path.string))
    }
}
