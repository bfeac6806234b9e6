@testable import AdminCore

/// What can be read of a pool, found out in the plainest way: every key of every directory object, whether or not a listing leads there, and
/// the chunks of what it names one after the other. Knows nothing of the readers that are under test.
struct PlainContents {
    /// What names a file that can be read, and what.
    private(set) var files: [ObjectID: [ByteString: BlobIdentifier]] = [:]
    /// The content of each identifier that can be read, named or not.
    private(set) var contents: [BlobIdentifier: [UInt8]] = [:]

    init(_ pool: MemoryStore.Contents, chunkSize: Int) {
        for (object, state) in pool.objects where object.namespace.isEmpty {
            if let chunk = BlobIdentifier.parse(chunkName: object.name), chunk.index == 0 {
                contents[chunk.blob] = PlainContents.content(chunk.blob, state, pool, chunkSize)
            }
        }
        for (object, state) in pool.objects where object.namespace.isEmpty && !state.omap.isEmpty {
            guard object.name.string.flatMap({ try? StoragePath($0) }) != nil else { continue }
            for (key, value) in state.omap where key != ".." && key != "." && key.string != nil {
                guard let blob = BlobIdentifier(value: value), contents[blob] != nil else { continue }
                files[object, default: [:]][key] = blob
            }
        }
    }

    private static func content(
        _ blob: BlobIdentifier, _ head: MemoryStore.Object, _ pool: MemoryStore.Contents, _ chunkSize: Int
    ) -> [UInt8]? {
        guard let size = head.xattrs[TotalSize.xattr].flatMap(TotalSize.decode) else { return nil }
        var content: [UInt8] = []
        var index = 0
        while UInt64(content.count) < size {
            let chunk = index == 0 ? head.data : pool.objects[blob.chunk(index)]?.data ?? []
            let expected = Int(min(UInt64(chunkSize), size - UInt64(content.count)))
            guard chunk.count >= expected else { return nil }
            content += chunk.prefix(expected)
            index += 1
        }
        return content
    }
}
