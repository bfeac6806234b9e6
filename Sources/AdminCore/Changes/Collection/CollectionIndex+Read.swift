import Foundation
import Synchronization

extension CollectionIndex {
    /// Enumerates the pool, in parallel slices, and reads every omap in the registry's namespace: of unlisted directories, of the trash, of
    /// the quarantine and of invalid names as well. Ends by asking for the pool, since a deleted one has no objects either. Throws at
    /// the first thing that could not be read.
    static func read(_ registry: RegistryReader, progress: ProgressHandler?) async throws -> CollectionIndex {
        let storage = registry.storage
        let pending = try await Journal.blobs(of: storage)
        let total = try await storage.objects.status().objects
        let counter = ProgressCounter(phase: "enumerating objects", total: total, handler: progress)
        let shared = Shared()
        try await storage.eachPage { page in
            var directories: [ObjectID] = []
            shared.index.withLock { index in
                for object in page {
                    if let chunk = BlobIdentifier.parse(chunkName: object.name) {
                        index.met(chunk: chunk.index, of: chunk.blob)
                    } else {
                        directories.append(object)
                    }
                }
            }
            // As each is read, so that no page's omaps are held together.
            _ = try await concurrentMap(directories, window: storage.window) { object in
                guard let omap = try await storage.objects.wholeOmap(of: object)?.omap else { return }
                let path = object.name.string.flatMap { try? StoragePath($0) }
                let quarantine: Quarantine? =
                    if let path, path.parent == registry.paths.quarantine {
                        try await storage.holding(path).map {
                            Quarantine(path: path, note: $0.note, entries: $0.entries)
                        }
                    } else {
                        nil
                    }
                shared.index.withLock { $0.add(omap, of: path, quarantine, in: registry.paths) }
            }
            counter.advance(by: UInt64(page.count))
        }
        _ = try await storage.objects.status()
        return shared.index.withLock { index in
            // What a regtop that was taken for dead has unlinked since is brought back by the last look: until then it is no orphan.
            for blob in pending { index.expect(blob) }
            return index
        }
    }

    private final class Shared: Sendable {
        let index = Mutex(CollectionIndex())
    }

    private mutating func add(
        _ omap: [OmapEntry], of directory: StoragePath?, _ quarantine: Quarantine?, in paths: RegistryPaths
    ) {
        for entry in omap {
            guard let blob = BlobIdentifier(value: entry.value) else { continue }
            met(referenceTo: blob)
            guard let directory else { continue }
            if directory.isBelow(paths.trash) {
                addTrashed(entry.key, blob, in: directory, paths)
            } else if quarantine == nil, let name = entry.key.string, let path = try? directory.appending(name),
                let file = paths.file(at: path)
            {
                add(file, at: path, blob)
            }
        }
        guard let quarantine else { return }
        quarantines.append(quarantine)
        // What is being freed is no copy any more.
        for entry in quarantine.entries where entry.claim != .freeing {
            switch paths.file(at: entry.origin) {
            case .blob(let digest): hold(digest, as: entry.blob)
            case .signature(let signature, let manifest): signatures[manifest, default: []].append(signature)
            case .revision(let digest): heldRevisions.append(digest)
            default: break
            }
        }
    }

    private mutating func add(_ file: RegistryFile, at path: StoragePath, _ blob: BlobIdentifier) {
        switch file {
        case .blob(let digest): place(digest, at: blob)
        case .revision: revisions.append(file, at: path, blob)
        case .currentLink: currentLinks.append(file, at: path, blob)
        case .signature(let signature, let manifest): signatures[manifest, default: []].append(signature)
        case .upload(let directory): uploads.append((path, blob, directory))
        case .tagIndex, .layer: break
        }
    }

    /// Whatever the trash holds can come back, and has to be whole then.
    private mutating func addTrashed(
        _ key: ByteString, _ blob: BlobIdentifier, in directory: StoragePath, _ paths: RegistryPaths
    ) {
        guard let origin = Holding.parse(key)?.origin else {
            obstacles.append("\(directory) in the trash holds \(key), which is no link that was deleted")
            return
        }
        guard let file = paths.file(at: origin) else { return }
        if case .signature(let signature, let manifest) = file { signatures[manifest, default: []].append(signature) }
        trashed.append(Link(path: PackedPath(origin), blob: blob, file: file))
    }
}

extension StorageReader {
    /// Tells `body` of every object in the registry's namespace, page by page; several at once, as many as there are slices.
    func eachPage(_ body: @escaping @Sendable ([ObjectID]) async throws -> Void) async throws {
        let slices = objects.load.limit == 1 ? 1 : 8
        let cursors = try await objects.enumerate(.namespace(""), slices: slices)
        _ = try await concurrentMap(cursors, window: cursors.count) { cursor in
            while let page = try await cursor.next() { try await body(page) }
        }
    }
}
