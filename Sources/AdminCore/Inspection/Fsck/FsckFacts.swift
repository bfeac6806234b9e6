import Registry
import StorageDriver

/// Draws conclusions from the inventory of a pool, without further reads: suspects, and counts.
struct FsckFacts: Sendable {
    /// A file with wrong chunks.
    struct Fault: Sendable {
        let path: StoragePath
        let blob: BlobIdentifier
        /// The numbers of the chunks that are there.
        let chunks: [Int]
        let file: RegistryFile?
        /// True for a blob that is empty although its digest is not that of empty content.
        let isEmptyBlob: Bool

        /// True if the path determines the content of the file.
        var canBeProven: Bool {
            switch file {
            case .blob, .revision, .signature, .currentLink, .tagIndex, .layer: true
            case .upload, nil: false
            }
        }

        /// True for the empty blob: its digest proves that it never had content.
        var isBlobOfNoBytes: Bool {
            if case .blob(let digest) = file { BlobFinding.emptyDigests.contains(digest.string) } else { false }
        }

        /// The consequence for pulls, as the end of a sentence; empty if there is none.
        var consequence: String {
            switch file {
            case .blob: "; pulls of images that use this blob fail"
            case .currentLink: "; pulls of the tag fail"
            case .revision, .signature, .tagIndex, .layer: "; the repository cannot serve the linked content"
            case .upload, nil: ""
            }
        }
    }

    /// The way back from lost bytes. A registry that has a blob takes no other content for it: its
    /// client does not send the layer, and an upload is dropped at its end.
    static let replacing =
        "A push replaces the blob only when it is gone: delete the images that use it, let a collection take it, and "
        + "push them again."

    /// Chunks of one identifier without a reference.
    struct Orphan: Sendable {
        let blob: BlobIdentifier
        let first: Int
        let chunks: Int
        let bytes: UInt64
    }

    /// An identifier under several paths.
    struct Double: Sendable {
        let blob: BlobIdentifier
        let paths: [StoragePath]
    }

    /// A repository with the number of its directory.
    struct Repository: Sendable {
        let name: RepositoryName
        let directory: DirectoryIndex.Number
    }

    private(set) var faults: [Fault] = []
    private(set) var orphans: [Orphan] = []
    private(set) var doubles: [Double] = []
    /// The identifiers of all files with a fault. Consequences of these are not reported.
    private(set) var faulty: Set<BlobIdentifier> = []
    private(set) var repositories: [Repository] = []
    /// The repositories without manifests, tags and uploads.
    private(set) var emptyRepositories: Set<RepositoryName> = []
    private(set) var checked = FsckReport.Checked()
    private(set) var inFlight = 0

    private let paths: RegistryPaths
    private let options: FsckOptions

    /// Compares the references, the chunks and the directories of an inventory.
    ///
    /// - Parameter chunkSize: the chunk size of the pool; nil to check no lengths.
    init(_ inventory: PoolInventory<LinkText>, _ paths: RegistryPaths, _ options: FsckOptions, chunkSize: UInt64?) {
        self.paths = paths
        self.options = options
        checked.files = inventory.files.count
        checked.directories = (0..<inventory.directories.count).count {
            inventory.directories.facts(DirectoryIndex.Number($0)).contains(.isThere)
        }
        checked.objects = checked.directories + inventory.chunks.count + inventory.strays.count { $0.entry == nil }
        inventory.forEachBlob { files, chunks in compare(files, chunks, inventory, chunkSize) }
        findRepositories(inventory)
        checked.blobs = FsckFacts.blobs(in: inventory, paths).count
    }

    /// Returns the directories of all blobs.
    static func blobs(in inventory: PoolInventory<LinkText>, _ paths: RegistryPaths) -> [DirectoryIndex.Number] {
        let directories = inventory.directories
        guard let top = directories.find(paths.blobs) else { return [] }
        return directories.children(top).flatMap(directories.children).flatMap(directories.children)
    }

    // MARK: - Files and chunks

    private mutating func compare(
        _ files: [InventoryFile], _ chunks: ArraySlice<InventoryChunk>,
        _ inventory: PoolInventory<LinkText>, _ chunkSize: UInt64?
    ) {
        guard let file = files.first else {
            guard let first = chunks.first, !inventory.strayReferences.contains(first.blob) else { return }
            return addOrphan(chunks)
        }
        let stored = StoredFile(chunks)
        var fault = stored.fault(chunkSize: chunkSize ?? .max >> 1)
        if chunkSize == nil {
            switch fault {
            case .noChunk, .noHead, .noSize, .badSize, nil: break
            default: fault = nil
            }
        }
        // Most files are sound and have one reference.
        if files.count == 1, fault == nil, stored.size != .known(0) { return }
        let named = files.map { (path: inventory.path(of: $0), file: $0) }
            .filter { !paths.isHeld($0.path) }.sorted { $0.path < $1.path }
        if named.count > 1 {
            // A registry may be moving the file: the destination is young.
            if named.contains(where: {
                options.isYoung(inventory.directories.modified($0.file.directory))
                    && paths.file(at: $0.path)?.isUpload != true
            }) {
                inFlight += 1
            } else {
                doubles.append(Double(blob: file.blob, paths: named.map(\.path)))
            }
        }
        guard let (path, first) = named.first(where: { paths.file(at: $0.path)?.isBlob == true }) ?? named.first else {
            return
        }
        addFault(fault, stored, path, first, chunks, inventory)
    }

    private mutating func addFault(
        _ fault: FileFault?, _ stored: StoredFile, _ path: StoragePath, _ file: InventoryFile,
        _ chunks: ArraySlice<InventoryChunk>, _ inventory: PoolInventory<LinkText>
    ) {
        let kind = paths.file(at: path)
        var isEmptyBlob = false
        switch (kind, fault) {
        // Uploads are incomplete by nature. A stale upload is reported as a whole.
        case (.upload, _): return
        // The empty blob (docs/layout.md#d3), or one that has lost its chunks (#d7).
        case (.blob, .noChunk): break
        case (.blob(let digest), nil):
            // Only empty blobs and blobs with two references reach this point.
            guard stored.size == .known(0), !BlobFinding.emptyDigests.contains(digest.string) else { return }
            isEmptyBlob = true
        // A file among the uploads that belongs to no upload is reported as such.
        case (nil, .noChunk) where paths.upload(of: path) == nil: break
        // An empty link is reported as a bad link.
        case (_, .noChunk), (_, nil): return
        default: break
        }
        faulty.insert(file.blob)
        let modified = max(
            chunks.first?.modified ?? 0,
            // Without chunk 0, the date of the directory counts.
            fault == .noChunk || fault == .noHead ? inventory.directories.modified(file.directory) : 0)
        switch fault {
        case .noChunk, .noHead, .noSize, .badSize:
            // The old driver writes the key, then the data, then the size.
            if options.isYoung(modified) {
                inFlight += 1
                return
            }
        default: break
        }
        faults.append(
            Fault(
                path: path, blob: file.blob, chunks: chunks.map { Int($0.index) }, file: kind, isEmptyBlob: isEmptyBlob)
        )
    }

    private mutating func addOrphan(_ chunks: ArraySlice<InventoryChunk>) {
        guard let first = chunks.first else { return }
        if options.isYoung(chunks.map(\.modified).max() ?? 0) {
            inFlight += 1
        } else {
            orphans.append(
                Orphan(
                    blob: first.blob, first: Int(first.index), chunks: chunks.count,
                    bytes: chunks.reduce(0) { $0 + UInt64($1.length) }))
        }
    }

    // MARK: - Repositories

    /// Finds the directories with a part of a repository in them, listed or not.
    private mutating func findRepositories(_ inventory: PoolInventory<LinkText>) {
        let directories = inventory.directories
        var open = [directories.find(paths.repositories)].compactMap(\.self)
        while let number = open.popLast() {
            let children = directories.children(number)
            if children.contains(where: { RegistryPaths.parts.contains(directories.name($0)) }),
                let name = paths.repository(at: directories.path(number))
            {
                repositories.append(Repository(name: name, directory: number))
            }
            open += children.filter { directories.name($0).first != "_" }
        }
        repositories.sort { $0.name < $1.name }
        checked.repositories = repositories.count
        for repository in repositories where isEmpty(repository, inventory) {
            emptyRepositories.insert(repository.name)
        }
    }

    /// Returns whether a repository has no manifest, no tag and no upload, and no young directory.
    private func isEmpty(_ repository: Repository, _ inventory: PoolInventory<LinkText>) -> Bool {
        let directories = inventory.directories
        for part in [RegistryPaths.Part.manifests, .uploads] {
            if let number = directories.find(part.rawValue, in: repository.directory),
                !inventory.files(below: number).isEmpty
            {
                return false
            }
        }
        var open = RegistryPaths.parts.compactMap { directories.find($0, in: repository.directory) }
        while let next = open.popLast() {
            if options.isYoung(directories.modified(next)) { return false }
            open += directories.children(next)
        }
        return true
    }

    /// Returns whether a path is a part of an empty repository, or lies in one.
    func isOfEmptyRepository(_ path: StoragePath) -> Bool {
        !emptyRepositories.isEmpty && paths.repositoryName(of: path).map(emptyRepositories.contains) == true
    }
}
