import Foundation

extension StorageReader {
    /// From how many keys on a directory's omap is called large: Ceph warns of these itself
    /// (`osd_deep_scrub_large_omap_object_key_threshold`).
    static let largeOmap = 200_000

    /// How many bytes of each file are read with its size, for `understand`: as long as a link is.
    private static let glance: UInt64 = 1024

    /// Looks once at every object of the pool, in parallel slices: one read for each. Nothing is followed, so what no
    /// directory lists is found as well. `understand` says what the content of a file of at most a kilobyte means;
    /// nil if nothing.
    ///
    /// An object that is created or removed meanwhile may or may not be met, and one that changes is met in one of
    /// its versions: what is concluded from this has to be made sure of. Throws at the first thing that cannot be
    /// read (docs/layout.md#d12); an empty pool is asked whether it is there at all, since a deleted one answers
    /// every question with "no such object".
    func inventory<Content: Sendable>(
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
        typealias Chunk = PoolInventory<Content>.Chunk
        let operation = index == 0 ? ReadOperation(xattrs: true, data: 0..<StorageReader.glance) : .stat
        guard let state = try await objects.read(operation, of: blob.chunk(Int(index))) else { return nil }
        let stored = index == 0 ? state.xattrs[TotalSize.xattr] : nil
        let size = stored.map { TotalSize.decode($0) ?? Chunk.badSize } ?? Chunk.noSize
        let chunk = Chunk(
            blob: blob, size: size, index: index, length: UInt32(clamping: state.size),
            modified: seconds(state.modified))
        let isWhole = size > 0 && size <= UInt64(state.data.count)
        return .chunk(chunk, isWhole ? understand(Array(state.data.prefix(Int(size)))) : nil)
    }
}

/// What one object turned out to be.
private enum Found<Content: Sendable>: Sendable {
    case chunk(PoolInventory<Content>.Chunk, Content?)
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
        case .stray(let object, let why): strays.append(Stray(object: object, entry: nil, reason: why))
        case .omap(let object, let state): take(object, state, largeOmap)
        }
    }

    /// A key that is none of the driver's: never followed, but what it may refer to is not for others to free.
    private mutating func take(_ entry: OmapEntry, of object: ObjectID, _ why: String) {
        noteReference(in: entry)
        strays.append(Stray(object: object, entry: entry, reason: why))
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
            return strays.append(Stray(object: object, entry: nil, reason: reason))
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
