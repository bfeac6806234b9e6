import Foundation
import Synchronization

extension CollectionIndex {
    /// The union of two views of the pool: its objects as an enumeration shows them, in parallel slices, and the tree as a walk from `/` shows
    /// it. Reads every omap in the registry's namespace: of unlisted directories, of the trash, of the quarantine and of invalid names
    /// as well. Ends by asking for the pool, since a deleted one has no objects either. Throws at the first thing that could not be read.
    ///
    /// `began`: when the mark began. A directory that only the walk knows and that was there long before is an obstacle: the
    /// enumeration is not whole then, and what it has not shown of chunks and of links is not known.
    static func read(
        _ registry: RegistryReader, at began: Date, progress: ProgressHandler?
    ) async throws -> CollectionIndex {
        let storage = registry.storage
        let pending = try await Journal.blobs(of: storage)
        let scan = try await PoolScan(
            storage.objects, .namespace(""), phase: "enumerating objects", progress: progress)
        let reading = PoolReading(registry: registry)
        try await scan.forEachPage { page in
            // As each is read, so that no page's omaps are held together.
            _ = try await concurrentMap(reading.directories(in: page), window: scan.window) { object in
                _ = try await reading.read(object)
            }
        }
        if !reading.isBalanced { try await reading.walk(at: began) }
        _ = try await storage.objects.status()
        var index = reading.end()
        // What a regtop that was taken for dead has unlinked since is brought back by the last look: until then it is no orphan.
        for blob in pending { index.expect(blob) }
        return index
    }
}

/// One reading of a pool: what two views show, and whether they agree.
private final class PoolReading: Sendable {
    private struct State {
        var index = CollectionIndex()
        /// Of all directories that were met but the root, and of all that were listed: the sums of their hashes, which differ from run to run.
        /// Equal sums mean that both views show the same.
        var met: UInt64 = 0
        var listed: UInt64 = 0
        /// The hashes of what was met.
        var hashes: [UInt64] = []
    }

    private let registry: RegistryReader
    private let state = Mutex(State())

    private var storage: StorageReader { registry.storage }

    init(registry: RegistryReader) {
        self.registry = registry
    }

    /// What was read; nothing is kept, so that its arrays are not copied.
    func end() -> CollectionIndex {
        state.withLock { state in
            defer { state = State() }
            return state.index
        }
    }

    /// Whether every directory that was met is listed by the one above it, and every one that is listed was met.
    var isBalanced: Bool { state.withLock { $0.met == $0.listed } }

    /// Takes in the chunks of a page; gives the rest.
    func directories(in page: [ObjectID]) -> [ObjectID] {
        state.withLock { state in
            page.filter { object in
                guard let chunk = BlobIdentifier.parse(chunkName: object.name) else { return true }
                state.index.met(chunk: chunk.index, of: chunk.blob)
                return false
            }
        }
    }

    /// Reads an object that is no chunk, and takes it in; nil if it is not there.
    @discardableResult
    func read(_ object: ObjectID) async throws -> ObjectState? {
        guard let found = try await storage.objects.wholeOmap(of: object) else { return nil }
        let path = object.name.string.flatMap { try? StoragePath($0) }
        let quarantine: CollectionIndex.Quarantine? =
            if let path, path.parent == registry.paths.quarantine {
                try await storage.holding(path).map {
                    CollectionIndex.Quarantine(path: path, note: $0.note, entries: $0.entries)
                }
            } else {
                nil
            }
        let children = path.map { path in
            found.omap.lazy.filter(\.value.isEmpty).compactMap { entry -> UInt64? in
                guard entry.key != StorageReader.rootKey, let name = entry.key.string,
                    StoragePath.isValid(component: name)
                else { return nil }
                return PoolReading.hash(path.isRoot ? "/\(name)" : "\(path.string)/\(name)")
            }.reduce(0 as UInt64, &+)
        }
        state.withLock { state in
            state.index.add(found.omap, of: path, quarantine, in: registry.paths)
            guard let path, let children else { return }
            state.listed &+= children
            guard !path.isRoot else { return }
            let hash = PoolReading.hash(path.string)
            state.met &+= hash
            state.hashes.append(hash)
        }
        return found
    }

    private static func hash(_ path: String) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(path)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Walks the tree from the root, takes in what was not met, and says which view is short.
    ///
    /// What was met is not read again where nothing can lie below it: the directories of blobs and of links, which are nearly all.
    func walk(at began: Date) async throws {
        let met = state.withLock { state in
            defer { state.hashes = [] }
            return Set(state.hashes)
        }
        var (listed, late, absent) = (0, 0, [StoragePath]())
        var open = [StoragePath.root]
        while !open.isEmpty {
            let wave = open.suffix(4096)
            open.removeLast(wave.count)
            let found = try await concurrentMap(Array(wave), window: storage.window) { [self] path in
                let isMet = path.isRoot || met.contains(PoolReading.hash(path.string))
                let object = StorageReader.directory(path)
                guard object.violation == nil else { return (path, isMet, nil as ObjectState?) }
                return (path, isMet, isMet ? try await storage.objects.wholeOmap(of: object) : try await read(object))
            }
            for (path, isMet, directory) in found {
                guard let directory else { continue }
                if !isMet {
                    if directory.modified > began.addingTimeInterval(-PoolReading.skew) {
                        late += 1
                    } else {
                        absent.append(path)
                    }
                }
                for entry in directory.omap where entry.value.isEmpty && entry.key != StorageReader.rootKey {
                    guard let name = entry.key.string, let child = try? path.appending(name) else { continue }
                    let isMet = met.contains(PoolReading.hash(child.string))
                    if isMet { listed += 1 }
                    if !isMet || !registry.paths.isLeaf(child) { open.append(child) }
                }
            }
        }
        let unlisted = met.count - listed
        state.withLock { state in
            if unlisted > 0 {
                state.index.notes.append(
                    "\(unlisted) directories are in the pool and listed by none above them; what lies in them counts as needed, too"
                )
            }
            if late > 0 {
                state.index.notes.append("\(late) directories were made while the mark ran, and count as well")
            }
            if let first = absent.min() {
                state.index.obstacles.append(
                    "the enumeration of the pool's objects does not show all of them: \(absent.count) directories are there and were not met, \(first) among them; what it hides is not known"
                )
            }
        }
    }

    /// By how much the clocks of the OSDs may be behind. In seconds.
    private static let skew: TimeInterval = 300
}

extension RegistryPaths {
    /// Whether a directory is one of those that hold one file and nothing else: a blob's, or a link's. (A manifest's may hold signatures.)
    fileprivate func isLeaf(_ directory: StoragePath) -> Bool {
        if file(at: directory.appending(.literal("data")))?.isBlob == true { return true }
        return switch file(at: directory.appending(.literal("link"))) {
        case .layer, .signature, .tagIndex, .currentLink: true
        case .blob, .revision, .upload, nil: false
        }
    }
}

extension CollectionIndex {
    /// Takes in a directory.
    fileprivate mutating func add(
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
        case .layer(let digest) where !digest.isCanonical:
            aliases.append(Link(path: PackedPath(path), blob: blob, file: file))
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
