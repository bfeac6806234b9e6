import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// One reading of a pool: an enumeration of its objects, a walk of its tree, and whether they
/// agree.
final class PoolReading: Sendable {
    private struct State {
        var index = CollectionIndex()
        /// The sums of the hashes of all directories that were found, except the root, and of all
        /// that are listed; hashes differ from run to run. Equal sums mean that both views agree.
        var met: UInt64 = 0
        var listed: UInt64 = 0
        /// The hashes of all directories that were read.
        var hashes: [UInt64] = []
    }

    private let registry: RegistryReader
    private let state = Mutex(State())

    private var storage: StorageReader { registry.storage }

    private init(registry: RegistryReader) {
        self.registry = registry
    }

    /// Returns the union of two views of the pool: an enumeration of its objects, in parallel
    /// slices, and a walk of the tree from `/`. Reads every omap in the registry's namespace:
    /// including unlisted directories, the trash, the quarantine and invalid names. At the end
    /// checks that the pool exists, since a deleted pool has no objects either. Throws at the first
    /// object that cannot be read.
    ///
    /// If only the walk finds a directory that existed long before the mark, `began`, this is an
    /// obstacle: the enumeration is incomplete, and may hide anything.
    static func read(
        _ registry: RegistryReader, at began: Date, progress: ProgressHandler?
    ) async throws -> CollectionIndex {
        let storage = registry.storage
        let pending = try await Journal.blobs(of: storage)
        let scan = try await PoolScan(
            storage.objects, .namespace(""), phase: "enumerating objects", progress: progress)
        let reading = PoolReading(registry: registry)
        try await scan.forEachPage { page in
            // Adds each object as it is read, so that the omaps of a page are never held together.
            _ = try await concurrentMap(reading.directories(in: page), window: scan.window) { object in
                _ = try await reading.read(object)
            }
        }
        if !reading.isBalanced { try await reading.walk(at: began) }
        _ = try await storage.objects.status()
        var index = reading.end()
        // The last look restores content that a regtop has unlinked after it was taken for dead:
        // until then this content is no orphan.
        for blob in pending { index.expect(blob) }
        return index
    }

    /// Returns the index and keeps no copy, so that its arrays are not copied.
    private func end() -> CollectionIndex {
        state.withLock { state in
            defer { state = State() }
            return state.index
        }
    }

    /// True if every directory that was found is listed by the one above it, and every listed
    /// directory was found.
    private var isBalanced: Bool { state.withLock { $0.met == $0.listed } }

    /// Adds the chunks of a page; returns the other objects.
    private func directories(in page: [ObjectID]) -> [ObjectID] {
        state.withLock { state in
            page.filter { object in
                guard let chunk = BlobIdentifier.parse(chunkName: object.name) else { return true }
                state.index.met(chunk: chunk.index, of: chunk.blob)
                return false
            }
        }
    }

    /// Reads an object that is no chunk, and adds it; nil if it is not there.
    @discardableResult
    private func read(_ object: ObjectID) async throws -> ObjectState? {
        let path = object.name.string.flatMap { try? StoragePath($0) }
        var quarantine: CollectionIndex.Quarantine?
        let found: ObjectState
        if let path, path.parent == registry.paths.quarantine {
            guard let (holding, state) = try await storage.holdingWithState(path) else { return nil }
            quarantine = CollectionIndex.Quarantine(path: path, note: holding.note, entries: holding.entries)
            found = state
        } else {
            guard let state = try await storage.objects.wholeOmap(of: object) else { return nil }
            found = state
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

    /// Walks the tree from the root, adds the directories that the enumeration did not find, and
    /// notes the incomplete view.
    ///
    /// Does not read directories of blobs and of links again, which are nearly all: nothing can lie
    /// below them.
    private func walk(at began: Date) async throws {
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

    /// The time by which the clocks of the OSDs may be behind, in seconds.
    private static let skew: TimeInterval = 300
}

extension RegistryPaths {
    /// True for a directory that holds one file and nothing else: a blob's, or a link's. (A
    /// manifest's may hold signatures.)
    fileprivate func isLeaf(_ directory: StoragePath) -> Bool {
        switch onlyFile(in: directory) {
        case .blob, .layer, .signature, .tagIndex, .currentLink: true
        case .revision, .upload, nil: false
        }
    }
}
