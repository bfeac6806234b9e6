import Foundation
import Synchronization

@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A pool in memory that a test builds, damage included, before it is read. Its reader answers at
/// once, in the caller's task, so that nothing else affects a test that counts rounds or makes
/// reads fail.
struct MemoryPool: Sendable {
    struct Object: Sendable {
        var data: [UInt8] = []
        var xattrs: [ByteString: [UInt8]] = [:]
        var omap: [ByteString: [UInt8]] = [:]
        var modified = Date(timeIntervalSince1970: 1_700_000_000)
    }

    var objects: [ObjectID: Object] = [:]
    var chunkSize = StorageReader.defaultChunkSize
    private var identifiers = 0

    /// A reader of the pool in its present state.
    var reader: MemoryReader { MemoryReader(self) }
    var storage: StorageReader { StorageReader(objects: reader, chunkSize: chunkSize) }
    var registry: RegistryReader { RegistryReader(storage: storage) }

    subscript(name: String) -> Object {
        get { objects[ObjectID(ByteString(name))] ?? Object() }
        set { objects[ObjectID(ByteString(name))] = newValue }
    }

    mutating func remove(_ name: String) {
        objects[ObjectID(ByteString(name))] = nil
    }

    /// Creates the directory and its parents, and lists each of them in its parent.
    mutating func makeDirectory(_ path: String) {
        guard path != "/" else { return self["/"].omap["/"] = [] }
        let parent = MemoryPool.parent(path)
        makeDirectory(parent)
        self[parent].omap[ByteString(MemoryPool.name(path))] = []
        self[path] = self[path]
    }

    /// Writes a file as the old driver does, under a new identifier, which is returned.
    @discardableResult
    mutating func put(_ path: String, _ bytes: [UInt8], modified: Date? = nil) -> BlobIdentifier {
        identifiers += 1
        let digits = String(identifiers, radix: 16)
        guard
            let blob = BlobIdentifier(
                "blob:00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)
        else { fatalError("no identifier") }
        let parent = MemoryPool.parent(path)
        makeDirectory(parent)
        self[parent].omap[ByteString(MemoryPool.name(path))] = blob.value
        for (index, start) in stride(from: 0, to: bytes.count, by: Int(chunkSize)).enumerated() {
            var chunk = Object(data: Array(bytes[start..<min(bytes.count, start + Int(chunkSize))]))
            if let modified { chunk.modified = modified }
            if index == 0 { chunk.xattrs[TotalSize.xattr] = TotalSize.encode(UInt64(bytes.count)) }
            objects[blob.chunk(index)] = chunk
        }
        return blob
    }

    /// Removes a key from its directory; the content stays.
    mutating func unlink(_ path: String) {
        self[MemoryPool.parent(path)].omap[ByteString(MemoryPool.name(path))] = nil
    }

    /// Removes a link with its directory, as the old driver does; the content stays.
    mutating func removeLink(_ path: String) {
        unlink(path)
        let directory = MemoryPool.parent(path)
        remove(directory)
        unlink(directory)
    }

    /// The identifier of the file at a path.
    func blob(_ path: String) -> BlobIdentifier? {
        self[MemoryPool.parent(path)].omap[ByteString(MemoryPool.name(path))].flatMap(BlobIdentifier.init(value:))
    }

    private static func parent(_ path: String) -> String {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        return "/" + parent
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? ""
    }
}

/// Reads a `MemoryPool`.
final class MemoryReader: ObjectReader {
    private let objects: [ObjectID: MemoryPool.Object]
    private let omaps: [ObjectID: [OmapEntry]]

    init(_ pool: MemoryPool) {
        objects = pool.objects
        omaps = pool.objects.mapValues { object in
            object.omap.map { OmapEntry(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
        }
    }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        guard let found = objects[object] else { return nil }
        var entries: [OmapEntry] = []
        var hasMore = false
        switch operation.omap {
        case nil: break
        case .keys(let keys):
            entries = keys.compactMap { key in found.omap[key].map { OmapEntry(key: key, value: $0) } }
        case .page(let after, let limit):
            let all = omaps[object] ?? []
            let rest = after.map { last in all.drop { $0.key <= last } } ?? all[...]
            entries = Array(rest.prefix(min(limit, ReadOperation.largestPage)))
            hasMore = rest.count > entries.count
        }
        let data = operation.data.map { range in
            Array(
                found.data[min(Int(range.lowerBound), found.data.count)..<min(Int(range.upperBound), found.data.count)])
        }
        return ObjectState(
            version: 1, size: UInt64(found.data.count), modified: found.modified,
            xattrs: operation.xattrs ? found.xattrs : [:], omap: entries, hasMore: hasMore, data: data ?? [])
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        let names = objects.keys.sorted()
        let pages = stride(from: 0, to: names.count, by: 100).map { Array(names[$0..<min(names.count, $0 + 100)]) }
        let next = Mutex(0)
        return [
            ObjectCursor {
                next.withLock { next in
                    guard next < pages.count else { return nil }
                    next += 1
                    return pages[next - 1]
                }
            }
        ]
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus { StoreStatus(backend: .sqlite, name: "memory") }

    var load: StoreLoad { StoreLoad(limit: 128) }
}
