import Synchronization

/// Finds out what every object of a pool is for. Reads each of them once: directories for the identifiers that they hold, everything else
/// for its length.
///
/// Memory: about 35 bytes for each file of the registry.
struct PoolCensus: Sendable {
    private struct State {
        var files = OrdinalTable<BlobIdentifier>()
        /// By the files' numbers.
        var purposes: [PoolUsage.Purpose] = []
        var usage = PoolUsage()
    }

    let registry: RegistryReader
    /// Who needs which blob: complete, the trash included.
    let ledger: UsageLedger
    private let state = Box()

    private final class Box: Sendable {
        let books = Mutex(State())
    }

    init(registry: RegistryReader, ledger: UsageLedger) {
        self.registry = registry
        self.ledger = ledger
    }

    /// What is known so far.
    var usage: PoolUsage { state.books.withLock { $0.usage } }

    /// Looks at everything. `partial` is told what is known now and then. True if that was all.
    func run(progress: ProgressHandler?, partial: @escaping @Sendable (PoolUsage) -> Void) async throws -> Bool {
        let objects = registry.storage.objects
        try await PoolScan(objects, phase: "directories", progress: progress).forEach { object in
            if BlobIdentifier.parse(chunkName: object.name) == nil || !object.namespace.isEmpty {
                try await lookInto(object)
            }
        }
        let scan = try await PoolScan(objects, phase: "objects", progress: progress)
        try await scan.forEachPage { page in
            _ = try await concurrentMap(page, window: scan.window) { object in
                if object.namespace.isEmpty, let (blob, _) = BlobIdentifier.parse(chunkName: object.name) {
                    try await measure(object, blob)
                }
            }
            partial(usage)
        }
        return true
    }

    // MARK: - Directories, and what is no chunk

    private func lookInto(_ object: ObjectID) async throws {
        guard object.namespace.isEmpty else {
            return try await add(object, to: object.namespace == Journal.namespace ? .regtop : .foreign)
        }
        guard let place = Place(object, registry.paths) else { return try await add(object, to: .foreign) }
        guard let directory = try await registry.storage.objects.wholeOmap(of: object) else { return }
        state.books.withLock { books in
            books.usage.add(directory.size, to: place.isOurs ? .regtop : .directories)
            for entry in directory.omap {
                guard let blob = BlobIdentifier(value: entry.value) else { continue }
                let purpose = place.purpose(of: entry.key, ledger)
                let (number, isNew) = books.files.insert(blob)
                if isNew {
                    books.purposes.append(purpose)
                } else if purpose.rawValue < books.purposes[number].rawValue {
                    books.purposes[number] = purpose
                }
            }
        }
    }

    private func add(_ object: ObjectID, to purpose: PoolUsage.Purpose) async throws {
        guard let found = try await registry.storage.objects.read(.stat, of: object) else { return }
        state.books.withLock { $0.usage.add(found.size, to: purpose) }
    }

    // MARK: - Chunks

    private func measure(_ object: ObjectID, _ blob: BlobIdentifier) async throws {
        guard let found = try await registry.storage.objects.read(.stat, of: object) else { return }
        state.books.withLock { books in
            let purpose = books.files.ordinal(of: blob).map { books.purposes[$0] } ?? .orphaned
            books.usage.add(found.size, to: purpose)
        }
    }
}

/// Where a directory lies, and what the files in it are for.
private struct Place {
    private enum Kind {
        case blob(Digest)
        case plain(PoolUsage.Purpose)
    }

    private let kind: Kind
    /// True for the directories that regtop made beside the registry's root.
    let isOurs: Bool

    /// nil if the object's name is none of a directory in the tree.
    init?(_ object: ObjectID, _ paths: RegistryPaths) {
        guard let text = object.name.string, text.hasPrefix("/") else { return nil }
        let (trash, quarantine) = (paths.trash.string, paths.quarantine.string)
        isOurs = Place.lies(text, in: trash) || Place.lies(text, in: quarantine)
        if Place.lies(text, in: trash) {
            kind = .plain(.trash)
        } else if Place.lies(text, in: quarantine) {
            kind = .plain(.quarantine)
        } else if Place.lies(text, in: paths.root.appending(.literal("blobs")).string) {
            let digest = (try? StoragePath(text + "/data")).flatMap { paths.digest(ofBlob: $0) }
            kind = digest.map { .blob($0) } ?? .plain(.unreferenced)
        } else if Place.lies(text, in: paths.repositories.string), text.split(separator: "/").contains("_uploads") {
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
