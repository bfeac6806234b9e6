import ObjectStore
import Registry
import StorageDriver
import Synchronization

/// Classifies the objects of a pool by purpose. Reads each object once: directories for the
/// identifiers in them, all others for their length.
///
/// Memory: about 35 bytes for each file of the registry.
final class PoolCensus: Sendable {
    private struct State {
        var files = OrdinalTable<BlobIdentifier>()
        /// The purposes by the ordinals of `files`.
        var purposes: [PoolUsage.Purpose] = []
        var usage = PoolUsage()
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
                if object.namespace.isEmpty, let (blob, _) = BlobIdentifier.parse(chunkName: object.name) {
                    try await measure(object, blob)
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
        guard let directory = try await registry.storage.objects.wholeOmap(of: object) else { return }
        state.withLock { state in
            state.usage.add(directory.size, to: place.isOurs ? .regtop : .directories)
            for entry in directory.omap {
                guard let blob = BlobIdentifier(value: entry.value) else { continue }
                let purpose = place.purpose(of: entry.key, ledger)
                let (number, isNew) = state.files.insert(blob)
                if isNew {
                    state.purposes.append(purpose)
                } else if purpose.rawValue < state.purposes[number].rawValue {
                    state.purposes[number] = purpose
                }
            }
        }
    }

    private func add(_ object: ObjectID, to purpose: PoolUsage.Purpose) async throws {
        guard let found = try await registry.storage.objects.read(.stat, of: object) else { return }
        state.withLock { $0.usage.add(found.size, to: purpose) }
    }

    private func measure(_ object: ObjectID, _ blob: BlobIdentifier) async throws {
        guard let found = try await registry.storage.objects.read(.stat, of: object) else { return }
        state.withLock { state in
            let purpose = state.files.ordinal(of: blob).map { state.purposes[$0] } ?? .orphaned
            state.usage.add(found.size, to: purpose)
        }
    }
}

/// The place of a directory in the tree, and the purpose of the files in it.
private struct Place {
    private enum Kind {
        case blob(Digest)
        case plain(PoolUsage.Purpose)
    }

    private let kind: Kind
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
