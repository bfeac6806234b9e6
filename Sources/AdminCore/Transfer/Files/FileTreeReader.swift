import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// A tree of files as a store of objects, so that everything that reads a pool reads it: a
/// directory is an object whose omap lists the children, and a file is cut into chunks.
///
/// Memory: the place of each file that was looked at.
final class FileTreeReader: ObjectReader {
    private let tree: any FileTree
    /// The files that were looked at, by the identifiers that this reader made for them.
    private let files = Mutex<[BlobIdentifier: FileContent]>([:])

    /// Bytes in the chunks of this reader.
    static let chunkSize = StorageReader.defaultChunkSize

    init(_ tree: any FileTree) { self.tree = tree }

    var load: StoreLoad { StoreLoad(limit: 32) }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        guard object.namespace.isEmpty else { return nil }
        return try await BlockingCall.run(cancelled: StoreError.cancelled("read", object)) { [self] in
            if let (blob, index) = BlobIdentifier.parse(chunkName: object.name) {
                return try chunk(index, of: blob, operation)
            }
            guard let path = object.name.string.flatMap({ try? StoragePath($0) }) else { return nil }
            return try directory(path, operation)
        }
    }

    private func chunk(_ index: Int, of blob: BlobIdentifier, _ operation: ReadOperation) throws -> ObjectState? {
        guard let file = files.withLock({ $0[blob] }) else { return nil }
        let start = UInt64(index) * FileTreeReader.chunkSize
        guard index == 0 || start < file.size else { return nil }
        let length = min(FileTreeReader.chunkSize, file.size - start)
        let data = try operation.data.map { range in
            try file.bytes(start + min(range.lowerBound, length)..<start + min(range.upperBound, length))
        }
        return ObjectState(
            version: 1, size: length, modified: file.modified,
            xattrs: operation.xattrs && index == 0 ? [TotalSize.xattr: TotalSize.encode(file.size)] : [:],
            data: data ?? [])
    }

    private func directory(_ path: StoragePath, _ operation: ReadOperation) throws -> ObjectState? {
        var entries: [OmapEntry] = []
        var hasMore = false
        switch operation.omap {
        case .keys(let keys):
            // A missing directory has none of the keys; readers of keys ask for no more.
            for key in keys {
                guard let name = key.string, StoragePath.isValid(component: name) else { continue }
                if let value = try value(name, of: path) { entries.append(OmapEntry(key: key, value: value)) }
            }
        case .page(let after, let limit):
            guard let names = try tree.children(of: path) else { return nil }
            for name in names where after.map({ $0 < ByteString(name) }) ?? true {
                guard let value = try value(name, of: path) else { continue }
                if entries.count == limit {
                    hasMore = true
                    break
                }
                entries.append(OmapEntry(key: ByteString(name), value: value))
            }
        case nil:
            guard try tree.children(of: path) != nil else { return nil }
        }
        return ObjectState(version: 1, size: 0, modified: .distantPast, omap: entries, hasMore: hasMore)
    }

    /// The value of a child in the omap of its directory; nil if there is no such child.
    private func value(_ name: String, of path: StoragePath) throws -> [UInt8]? {
        switch try tree.child(name, of: path) {
        case nil: return nil
        case .directory: return []
        case .file(let content):
            let blob = identifier(of: "\(path)/\(name)")
            files.withLock { $0[blob] = content }
            return blob.value
        }
    }

    /// The identifier of a path: the same for each look.
    private func identifier(of path: String) -> BlobIdentifier {
        var numbers = PathNumbers(Digest.sha256(of: path.utf8))
        return .random(using: &numbers)
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        throw StoreError(.incomplete, operation: "list objects", reason: "\(tree.name) is no pool")
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus { StoreStatus(backend: .sqlite, name: tree.name) }
}

/// Numbers from a digest, for an identifier.
private struct PathNumbers: RandomNumberGenerator {
    private var rest: Substring

    init(_ digest: Digest) { rest = digest.hex[...] }

    mutating func next() -> UInt64 {
        // An identifier takes sixteen bytes; each call yields one of them.
        let word = rest.prefix(2)
        rest = rest.dropFirst(2)
        return (UInt64(word, radix: 16) ?? 0) &* 0x0101_0101_0101_0101
    }
}
