import ObjectStore
import Registry
import StorageDriver
import Synchronization

/// Classifies the objects of a pool by purpose. Reads each object once: directories for the
/// identifiers in them, all others for their length. Reads nothing that a sweep has read through
/// `reader` before.
///
/// Memory: about 44 bytes for each file of the registry.
final class PoolCensus: Sendable {
    private struct State {
        var files = OrdinalTable<BlobIdentifier>()
        /// The purposes by the ordinals of `files`.
        var purposes: [PoolUsage.Purpose] = []
        /// The lengths of the first chunks that were read, by the ordinals of `files`.
        var lengths: [UInt32] = []
        /// The sizes that the first chunks say, by the ordinals of `files`; of larger files in
        /// `largeSizes`.
        var sizes: [UInt32] = []
        var largeSizes: [Int: UInt64] = [:]
        /// The lengths of other chunks that were read; damaged files only have them.
        var others: [ObjectID: UInt64] = [:]
        /// The hashes of the directories that were read, without those of blobs, which the ledger
        /// knows. Two of 2³² directories may have the same hash.
        var directories: Set<Int> = []
        var usage = PoolUsage()

        static let unread = UInt32.max

        /// Returns the number of a file, after adding it if it is new. Its first purpose counts.
        @discardableResult
        mutating func insert(_ blob: BlobIdentifier, _ purpose: PoolUsage.Purpose) -> Int {
            let (number, isNew) = files.insert(blob)
            if isNew {
                purposes.append(purpose)
                lengths.append(Self.unread)
                sizes.append(Self.unread)
            } else if purpose.rawValue < purposes[number].rawValue {
                purposes[number] = purpose
            }
            return number
        }

        mutating func setSize(_ size: UInt64, of number: Int) {
            if size < UInt64(Self.unread) { sizes[number] = UInt32(size) } else { largeSizes[number] = size }
        }

        private func size(of number: Int) -> UInt64? {
            sizes[number] == Self.unread ? largeSizes[number] : UInt64(sizes[number])
        }

        /// Counts a chunk. The bytes behind its end count apart, if a needed blob has them.
        mutating func count(_ length: UInt64, of number: Int, _ index: Int, chunkSize: UInt64) {
            guard purposes[number] == .referenced, let size = size(of: number) else {
                return usage.add(length, to: purposes[number])
            }
            let (start, overflow) = UInt64(index).multipliedReportingOverflow(by: chunkSize)
            let expected = overflow ? 0 : min(chunkSize, size - min(size, start))
            guard length > expected else { return usage.add(length, to: .referenced) }
            if expected > 0 { usage.add(expected, to: .referenced) }
            usage.add(length - expected, to: .surplus, objects: expected > 0 ? 0 : 1)
        }
    }

    private let registry: RegistryReader
    private let ledger: UsageLedger
    private let state = Mutex(State())

    /// Creates a census of a registry's pool.
    ///
    /// - Parameters:
    ///   - registry: the registry.
    ///   - ledger: the owners of all blobs, the trash included.
    init(registry: RegistryReader, ledger: UsageLedger) {
        self.registry = registry
        self.ledger = ledger
    }

    /// A reader of the pool that takes part in the census: whatever is read through it counts.
    var reader: any ObjectReader { CensusReader(base: registry.storage.objects, census: self) }

    /// The sums so far.
    var usage: PoolUsage { state.withLock { $0.usage } }

    /// Reads all objects, directories first.
    ///
    /// - Parameter partial: receives intermediate sums, from any task.
    func run(progress: ProgressHandler?, partial: @escaping @Sendable (PoolUsage) -> Void) async throws {
        let objects = registry.storage.objects
        try await PoolScan(objects, phase: "directories", progress: progress).forEach { [self] object in
            if BlobIdentifier.parse(chunkName: object.name) == nil || !object.namespace.isEmpty {
                try await classify(object)
            }
        }
        let scan = try await PoolScan(objects, phase: "objects", progress: progress)
        try await scan.forEachPage { [self] page in
            _ = try await concurrentMap(page, window: scan.window) { [self] object in
                if object.namespace.isEmpty, let (blob, index) = BlobIdentifier.parse(chunkName: object.name) {
                    try await measure(object, blob, index)
                }
            }
            partial(usage)
        }
    }

    /// Adds an object that is not a chunk, and the purposes of the files that it names.
    private func classify(_ object: ObjectID) async throws {
        guard object.namespace.isEmpty else {
            return try await add(object, to: object.namespace == Journal.namespace ? .regtop : .foreign)
        }
        guard let place = Place(object, registry.paths) else { return try await add(object, to: .foreign) }
        if isRead(object, place) { return }
        guard let directory = try await registry.storage.objects.wholeOmap(of: object) else { return }
        take(directory, of: place)
    }

    /// Adds the files of a directory, or of one page of it. The last page adds the directory.
    private func take(_ directory: ObjectState, of place: Place) {
        state.withLock { state in
            if !directory.hasMore { state.usage.add(directory.size, to: place.isOurs ? .regtop : .directories) }
            for entry in directory.omap {
                guard let blob = BlobIdentifier(value: entry.value) else { continue }
                state.insert(blob, place.purpose(of: entry.key, ledger))
            }
        }
    }

    private func isRead(_ object: ObjectID, _ place: Place) -> Bool {
        if let digest = place.digest, ledger.hasPlace(of: digest) { return true }
        return state.withLock { $0.directories.contains(object.hashValue) }
    }

    /// Takes a page of a directory that a sweep has read.
    fileprivate func swept(_ directory: ObjectState, of object: ObjectID) {
        guard let place = Place(object, registry.paths), !isRead(object, place) else { return }
        take(directory, of: place)
        if directory.hasMore { return }
        if let digest = place.digest, ledger.notePlace(of: digest) { return }
        state.withLock { _ = $0.directories.insert(object.hashValue) }
    }

    /// Takes the length of a chunk that a sweep has read.
    fileprivate func swept(_ found: ObjectState, of chunk: ObjectID, _ blob: BlobIdentifier, _ index: Int) {
        let length = found.size
        state.withLock { state in
            guard index == 0, length < State.unread else { return state.others[chunk] = length }
            let number = state.insert(blob, .orphaned)
            state.lengths[number] = UInt32(length)
            if let size = found.xattrs[TotalSize.xattr].flatMap(TotalSize.decode) { state.setSize(size, of: number) }
        }
    }

    private func add(_ object: ObjectID, to purpose: PoolUsage.Purpose) async throws {
        guard let found = try await registry.storage.objects.read(.stat, of: object) else { return }
        state.withLock { $0.usage.add(found.size, to: purpose) }
    }

    private func measure(_ object: ObjectID, _ blob: BlobIdentifier, _ index: Int) async throws {
        guard !isCounted(object, blob, index),
            let found = try await registry.storage.objects.read(.stat, of: object)
        else { return }
        state.withLock { state in
            guard let number = state.files.ordinal(of: blob) else { return state.usage.add(found.size, to: .orphaned) }
            state.count(found.size, of: number, index, chunkSize: registry.storage.chunkSize)
        }
    }

    /// Counts a chunk that a sweep has read; false for others.
    private func isCounted(_ object: ObjectID, _ blob: BlobIdentifier, _ index: Int) -> Bool {
        state.withLock { state in
            guard let number = state.files.ordinal(of: blob) else { return false }
            if index == 0, state.lengths[number] != State.unread {
                state.count(UInt64(state.lengths[number]), of: number, index, chunkSize: registry.storage.chunkSize)
                return true
            }
            guard let length = state.others[object] else { return false }
            state.count(length, of: number, index, chunkSize: registry.storage.chunkSize)
            return true
        }
    }
}

/// Reads a pool for a sweep, and tells the census everything that it reads. Reads directories as a
/// whole, also where the sweep wants one key: the census needs the others.
private struct CensusReader: WrappingReader {
    let base: any ObjectReader
    let census: PoolCensus

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        guard object.namespace.isEmpty else { return try await base.read(operation, of: object) }
        if let (blob, index) = BlobIdentifier.parse(chunkName: object.name) {
            let state = try await base.read(operation, of: object)
            if let state { census.swept(state, of: object, blob, index) }
            return state
        }
        guard case .keys(let keys) = operation.omap else {
            let state = try await base.read(operation, of: object)
            if let state, operation.omap != nil { census.swept(state, of: object) }
            return state
        }
        var whole = operation
        whole.omap = .page(after: nil, limit: ReadOperation.largestPage)
        guard let state = try await base.read(whole, of: object) else { return nil }
        census.swept(state, of: object)
        let found = state.omap.filter { keys.contains($0.key) }
        if state.hasMore, found.count < keys.count { return try await base.read(operation, of: object) }
        return ObjectState(
            version: state.version, size: state.size, modified: state.modified, xattrs: state.xattrs, omap: found,
            data: state.data)
    }
}

/// The place of a directory in the tree, and the purpose of the files in it.
private struct Place {
    private enum Kind {
        case blob(Digest)
        case plain(PoolUsage.Purpose)
    }

    private let kind: Kind
    /// The digest, if this is the directory of a blob.
    var digest: Digest? { if case .blob(let digest) = kind { digest } else { nil } }
    /// True for the trash, the quarantine and the directories below them.
    let isOurs: Bool

    /// nil if the object is not a directory of the tree.
    init?(_ object: ObjectID, _ paths: RegistryPaths) {
        guard let text = object.name.string, text.hasPrefix("/") else { return nil }
        let (trash, quarantine) = (paths.trash.string, paths.quarantine.string)
        isOurs = Place.lies(text, in: trash) || Place.lies(text, in: quarantine)
        if Place.lies(text, in: trash) {
            kind = .plain(.trash)
        } else if Place.lies(text, in: quarantine) {
            kind = .plain(.quarantine)
        } else if Place.lies(text, in: paths.blobs.string) {
            let digest = (try? StoragePath(text + "/data")).flatMap { paths.digest(ofBlob: $0) }
            kind = digest.map { .blob($0) } ?? .plain(.unreferenced)
        } else if Place.lies(text, in: paths.repositories.string),
            text.split(separator: "/").first(where: { $0.first == "_" }) == "_uploads"
        {
            kind = .plain(.uploads)
        } else if Place.lies(text, in: paths.root.string) || text == "/" || Place.lies(paths.root.string, in: text) {
            kind = .plain(.links)
        } else {
            return nil
        }
    }

    private static func lies(_ path: String, in directory: String) -> Bool {
        path == directory || path.hasPrefix(directory + "/")
    }

    func purpose(of key: ByteString, _ ledger: UsageLedger) -> PoolUsage.Purpose {
        switch kind {
        case .plain(let purpose): return purpose
        case .blob(let digest):
            guard key == "data" else { return .unreferenced }
            return switch ledger.owner(of: digest) {
            case .one, .several: .referenced
            case .trash: .trash
            case nil: .unreferenced
            }
        }
    }
}
