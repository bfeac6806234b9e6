package import ObjectStore
import Algorithms
import Foundation

/// A key of a directory that is a file.
package struct InventoryFile: Sendable {
    /// Its identifier.
    package let blob: BlobIdentifier
    /// Its directory.
    package let directory: DirectoryIndex.Number
    /// Its name, by number.
    fileprivate let name: UInt32
}

/// A chunk object.
package struct InventoryChunk: Sendable {
    package let blob: BlobIdentifier
    /// The file's size in chunk 0; `noSize` if it carries none, `badSize` if it is impossible.
    let size: UInt64
    package let index: UInt32
    /// Bytes in the object.
    package let length: UInt32
    /// The date of the last write to it, in seconds since 1970.
    package let modified: UInt32

    static var noSize: UInt64 { .max }
    static var badSize: UInt64 { .max - 1 }
}

/// A key or an object that does not follow the convention.
package struct InventoryStray: Sendable {
    /// The object, or the one that has the key.
    package let object: ObjectID
    /// The key and its value; nil for an object.
    package let entry: OmapEntry?
    /// The reason in words.
    package let reason: String
}

/// A directory with very many keys.
package struct LargeOmap: Sendable {
    package let directory: DirectoryIndex.Number
    package let keys: Int
}

/// The result of one look at every object of a pool: directories, files and chunks, as plain facts.
/// `fsck` interprets them.
///
/// `StorageReader.inventory` makes it. It is compact, since a pool has millions of objects: about
/// 150 bytes for each object. Concurrency: a value.
package struct PoolInventory<Content: Sendable>: Sendable {
    package var directories = DirectoryIndex()
    /// The files, by directory.
    package private(set) var files: [InventoryFile] = []
    /// The chunks, by identifier and then by number.
    package private(set) var chunks: [InventoryChunk] = []
    package var strays: [InventoryStray] = []
    /// Identifiers under invalid keys, and in objects that are no directories.
    package var strayReferences: Set<BlobIdentifier> = []
    package var largeOmaps: [LargeOmap] = []
    /// Numbers of `files`, by identifier.
    private var byBlob: [UInt32] = []
    /// The meanings that `understand` returned for the content of small files, by identifier.
    private var contents: [Content] = []
    /// The identifiers of `contents`, each with its index, in ascending order.
    private var understood: [(blob: BlobIdentifier, content: UInt32)] = []
    private var names: [String] = []
    private var numbers: [String: UInt32] = [:]

    // MARK: - Asking

    func name(of file: InventoryFile) -> String { names[Int(file.name)] }

    package func path(of file: InventoryFile) -> StoragePath {
        directories.path(file.directory).appending(.literal(name(of: file)))
    }

    /// The files in a directory.
    package func files(in directory: DirectoryIndex.Number) -> ArraySlice<InventoryFile> {
        let rest = files[files.partitioningIndex { $0.directory >= directory }...]
        return rest[..<rest.partitioningIndex { $0.directory > directory }]
    }

    /// The file of this name in a directory; nil if there is none.
    package func file(_ name: String, in directory: DirectoryIndex.Number) -> InventoryFile? {
        guard let number = numbers[name] else { return nil }
        return files(in: directory).first { $0.name == number }
    }

    /// The file at a path; nil if there is none.
    package func file(at path: StoragePath) -> InventoryFile? {
        directories.find(path.parent).flatMap { file(path.name, in: $0) }
    }

    /// The chunks of an identifier, by number.
    package func chunks(of blob: BlobIdentifier) -> ArraySlice<InventoryChunk> {
        let rest = chunks[chunks.partitioningIndex { $0.blob >= blob }...]
        return rest[..<rest.partitioningIndex { $0.blob > blob }]
    }

    /// The meaning that `understand` returned for the content of a file; nil if there is none.
    package func content(of blob: BlobIdentifier) -> Content? {
        let index = understood.partitioningIndex { $0.blob >= blob }
        guard index < understood.count, understood[index].blob == blob else { return nil }
        return contents[Int(understood[index].content)]
    }

    /// Calls `body` for each identifier with its files and its chunks, in ascending order.
    package func forEachBlob(_ body: (_ files: [InventoryFile], _ chunks: ArraySlice<InventoryChunk>) throws -> Void)
        rethrows
    {
        var (file, chunk) = (0, 0)
        while file < byBlob.count || chunk < chunks.count {
            let named = file < byBlob.count ? files[Int(byBlob[file])].blob : nil
            let stored = chunk < chunks.count ? chunks[chunk].blob : nil
            guard let blob = [named, stored].compactMap(\.self).min() else { return }
            let firstChunk = chunk
            var own: [InventoryFile] = []
            while file < byBlob.count, files[Int(byBlob[file])].blob == blob {
                own.append(files[Int(byBlob[file])])
                file += 1
            }
            while chunk < chunks.count, chunks[chunk].blob == blob { chunk += 1 }
            try body(own, chunks[firstChunk..<chunk])
        }
    }

    // MARK: - Taking in

    mutating func add(_ chunk: InventoryChunk, _ content: Content?) {
        chunks.append(chunk)
        guard let content else { return }
        understood.append((chunk.blob, UInt32(contents.count)))
        contents.append(content)
    }

    mutating func add(file name: String, _ blob: BlobIdentifier, in directory: DirectoryIndex.Number) {
        let number = numbers[name] ?? UInt32(names.count)
        if number == names.count {
            names.append(name)
            numbers[name] = number
        }
        files.append(InventoryFile(blob: blob, directory: directory, name: number))
    }

    /// Sorts everything. Call this once, before the first question.
    mutating func settle() {
        chunks.sort { ($0.blob, $0.index) < ($1.blob, $1.index) }
        understood.sort { $0.blob < $1.blob }
        files.sort { ($0.directory, $0.name) < ($1.directory, $1.name) }
        byBlob = files.indices.map { UInt32($0) }
        byBlob.sort { [files] in files[Int($0)].blob < files[Int($1)].blob }
    }
}

extension StorageReader {
    /// The number of keys from which an omap counts as large: Ceph warns of such omaps
    /// (`osd_deep_scrub_large_omap_object_key_threshold`).
    package static let largeOmap = 200_000

    /// The number of bytes of each file that are read with its size, for `understand`: enough for a
    /// link.
    private static let glance: UInt64 = 1024

    /// Reads every object of the pool, with one read each. It follows no references, so it also
    /// finds objects that no directory lists.
    ///
    /// An object that is created or removed meanwhile may or may not be found, and an object that
    /// changes is found in one of its versions: check conclusions again. If the pool is empty,
    /// checks that it exists, since a deleted pool answers every read with "no such object".
    ///
    /// - Parameter understand: returns the meaning of the content of a file of at most a kilobyte;
    ///   nil if it has none.
    /// - Throws: the first error of the store (docs/layout.md#d12).
    package func inventory<Content: Sendable>(
        largeOmap: Int = StorageReader.largeOmap, progress: ProgressHandler? = nil,
        understand: @escaping @Sendable ([UInt8]) -> Content?
    ) async throws -> PoolInventory<Content> {
        let scan = try await PoolScan(objects, phase: "objects", progress: progress)
        var inventory = try await scan.fold(into: PoolInventory<Content>()) { page in
            let objects = page.filter { $0.namespace != Journal.namespace }
            return try await concurrentMap(objects, window: scan.window) { try await look(at: $0, understand) }
        } take: { inventory, found in
            for case let item? in found { inventory.take(item, largeOmap: largeOmap) }
            return .goOn
        }
        if inventory.directories.count == 1, inventory.chunks.isEmpty { _ = try await objects.status() }
        inventory.settle()
        return inventory
    }

    private func look<Content>(
        at object: ObjectID, _ understand: @Sendable ([UInt8]) -> Content?
    ) async throws -> Found<Content>? {
        guard object.namespace.isEmpty else { return .stray(object, "it lies in a RADOS namespace of its own") }
        if let (blob, index) = BlobIdentifier.parse(chunkName: object.name) {
            guard let number = UInt32(exactly: index) else { return .stray(object, "no file has so many chunks") }
            return try await look(at: blob, number, understand)
        }
        guard let state = try await objects.wholeOmap(of: object) else { return nil }
        return .omap(object, state)
    }

    private func look<Content>(
        at blob: BlobIdentifier, _ index: UInt32, _ understand: @Sendable ([UInt8]) -> Content?
    ) async throws -> Found<Content>? {
        let operation = index == 0 ? ReadOperation(xattrs: true, data: 0..<StorageReader.glance) : .stat
        guard let state = try await objects.read(operation, of: blob.chunk(Int(index))) else { return nil }
        let stored = index == 0 ? state.xattrs[TotalSize.xattr] : nil
        let size = stored.map { TotalSize.decode($0) ?? InventoryChunk.badSize } ?? InventoryChunk.noSize
        let chunk = InventoryChunk(
            blob: blob, size: size, index: index, length: UInt32(clamping: state.size),
            modified: seconds(state.modified))
        let isWhole = size > 0 && size <= UInt64(state.data.count)
        return .chunk(chunk, isWhole ? understand(Array(state.data.prefix(Int(size)))) : nil)
    }
}

/// The result of a look at one object.
private enum Found<Content: Sendable>: Sendable {
    case chunk(InventoryChunk, Content?)
    case omap(ObjectID, ObjectState)
    case stray(ObjectID, String)
}

/// A date in whole seconds since 1970.
private func seconds(_ date: Date) -> UInt32 {
    UInt32(min(max(0, date.timeIntervalSince1970), Double(UInt32.max)))
}

extension PoolInventory {
    fileprivate mutating func take(_ found: Found<Content>, largeOmap: Int) {
        switch found {
        case .chunk(let chunk, let content): add(chunk, content)
        case .stray(let object, let why): strays.append(InventoryStray(object: object, entry: nil, reason: why))
        case .omap(let object, let state): take(object, state, largeOmap)
        }
    }

    /// Notes a key that does not follow the convention. It is never followed, but the chunks that
    /// it may refer to must not be freed.
    private mutating func take(_ entry: OmapEntry, of object: ObjectID, _ why: String) {
        noteReference(in: entry)
        strays.append(InventoryStray(object: object, entry: entry, reason: why))
    }

    private mutating func noteReference(in entry: OmapEntry) {
        if let blob = BlobIdentifier(value: entry.value) { strayReferences.insert(blob) }
    }

    private mutating func take(_ object: ObjectID, _ state: ObjectState, _ largeOmap: Int) {
        guard let path = object.name.string.flatMap({ try? StoragePath($0) }), state.size == 0 || !state.omap.isEmpty
        else {
            let isPath = object.name.bytes.first == UInt8(ascii: "/") && state.size == 0
            let reason = isPath ? "its name breaks the path rule" : "it is neither a directory nor a chunk"
            for entry in state.omap { noteReference(in: entry) }
            return strays.append(InventoryStray(object: object, entry: nil, reason: reason))
        }
        let directory = directories.insert(path)
        let entries = state.omap.filter { !(path.isRoot && $0.key == StorageReader.rootKey) }
        directories.note(
            entries.isEmpty ? .isThere : [.isThere, .hasKeys], modified: seconds(state.modified), of: directory)
        if entries.count >= largeOmap { largeOmaps.append(LargeOmap(directory: directory, keys: entries.count)) }
        for entry in entries {
            let understood = DirectoryEntry(entry, in: path)
            switch understood.kind {
            case .directory:
                guard let name = understood.name else { continue }
                directories.note(.isListed, of: directories.insert(name, in: directory))
            case .file(let blob):
                guard let name = understood.name else { continue }
                add(file: name, blob, in: directory)
            case .invalid(let why): take(entry, of: object, why)
            }
        }
    }
}
