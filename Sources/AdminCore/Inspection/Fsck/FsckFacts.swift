/// What the inventory of a pool suggests, before anything is read once more. Pure: facts in, suspicions out.
struct FsckFacts: Sendable {
    /// A file whose chunks are not what they should be.
    struct Fault: Sendable {
        let path: StoragePath
        let blob: BlobIdentifier
        /// The numbers of its chunks.
        let chunks: [Int]
        let file: RegistryFile?
        /// True if the only fault is that a blob is empty which should not be.
        let isEmptyBlob: Bool

        /// Whether the content can be compared with what it should be.
        var canBeProven: Bool {
            switch file {
            case .blob, .revision, .signature, .currentLink, .tagIndex, .layer: true
            case .upload, nil: false
            }
        }

        /// Whether it is the blob of no bytes: its digest proves that it never had any.
        var isBlobOfNoBytes: Bool {
            if case .blob(let digest) = file { BlobFinding.emptyDigests.contains(digest.string) } else { false }
        }

        /// What that means for the images.
        var consequence: String {
            switch file {
            case .blob: ", and no image that needs this blob can be pulled"
            case .currentLink: ", and its tag cannot be pulled"
            case .revision, .signature, .tagIndex, .layer: ", and what it links to cannot be served by this repository"
            case .upload, nil: ""
            }
        }
    }

    /// Chunks that nothing refers to.
    struct Orphan: Sendable {
        let blob: BlobIdentifier
        let first: Int
        let chunks: Int
        let bytes: UInt64
    }

    /// An identifier that several files name.
    struct Double: Sendable {
        let blob: BlobIdentifier
        let paths: [StoragePath]
    }

    /// A repository: its name, and the number of its directory.
    struct Repository: Sendable {
        let name: RepositoryName
        let directory: DirectoryIndex.Number
    }

    private(set) var faults: [Fault] = []
    private(set) var orphans: [Orphan] = []
    private(set) var doubles: [Double] = []
    /// The identifiers of all files with a fault, so that nothing that follows from one is a problem of its own.
    private(set) var faulty: Set<BlobIdentifier> = []
    private(set) var repositories: [Repository] = []
    /// The directories of repositories in which there is no file that names an image, and no upload.
    private(set) var emptyRepositories: Set<StoragePath> = []
    private(set) var checked = FsckReport.Checked()
    private(set) var inFlight = 0

    private let paths: RegistryPaths
    private let options: FsckOptions

    /// `chunkSize` is nil if it is not the pool's: then nothing is said of lengths.
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

    /// The directories of all blobs.
    static func blobs(in inventory: PoolInventory<LinkText>, _ paths: RegistryPaths) -> [DirectoryIndex.Number] {
        let directories = inventory.directories
        guard let top = directories.find(paths.root.appending(.literal("blobs"))) else { return [] }
        return directories.children(top).flatMap(directories.children).flatMap(directories.children)
    }

    // MARK: - Files and chunks

    private mutating func compare(
        _ files: [PoolInventory<LinkText>.File], _ chunks: ArraySlice<PoolInventory<LinkText>.Chunk>,
        _ inventory: PoolInventory<LinkText>, _ chunkSize: UInt64?
    ) {
        guard let file = files.first else {
            guard let first = chunks.first, !inventory.strayReferences.contains(first.blob) else { return }
            return addOrphan(chunks)
        }
        let stored = PoolInventory<LinkText>.file(of: chunks)
        var fault = stored.fault(chunkSize: chunkSize ?? .max >> 1)
        if chunkSize == nil {
            switch fault {
            case .noChunk, .noHead, .noSize, .badSize, nil: break
            default: fault = nil
            }
        }
        // Most files are one of a kind and sound: nothing more is asked of them.
        if files.count == 1, fault == nil, stored.size != .known(0) { return }
        let named = files.map { (path: inventory.path(of: $0), file: $0) }
            .filter { !paths.isHeld($0.path) }.sorted { $0.path < $1.path }
        if named.count > 1 {
            // The destination of a move that may be under way was written just now.
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
        _ fault: FileFault?, _ stored: StoredFile, _ path: StoragePath, _ file: PoolInventory<LinkText>.File,
        _ chunks: ArraySlice<PoolInventory<LinkText>.Chunk>, _ inventory: PoolInventory<LinkText>
    ) {
        let kind = paths.file(at: path)
        var isEmptyBlob = false
        switch (kind, fault) {
        // Nobody has promised anything of an upload: it is unfinished, and named as a whole where nobody goes on with
        // it.
        case (.upload, _): return
        // Without chunks the empty one (docs/layout.md#d3), or one that has lost them (#d7): the digest tells.
        case (.blob, .noChunk): break
        case (.blob(let digest), nil):
            // Only an empty one comes here, or one that is named twice.
            guard stored.size == .known(0), !BlobFinding.emptyDigests.contains(digest.string) else { return }
            isEmptyBlob = true
        // Whatever lies among the uploads and belongs to none is said to do that.
        case (nil, .noChunk) where path.parent.name != "_uploads": break
        // An empty link is said to be one by whoever reads links.
        case (_, .noChunk), (_, nil): return
        default: break
        }
        faulty.insert(file.blob)
        let modified = max(
            chunks.first?.modified ?? 0,
            // A reference without chunk 0 has no date but that of its directory.
            fault == .noChunk || fault == .noHead ? inventory.directories.modified(file.directory) : 0)
        switch fault {
        case .noChunk, .noHead, .noSize, .badSize:
            // The old driver writes the key first, then the data, then the size.
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

    private mutating func addOrphan(_ chunks: ArraySlice<PoolInventory<LinkText>.Chunk>) {
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

    /// Every directory with one of the registry's own in it, whether or not anything lists it.
    private mutating func findRepositories(_ inventory: PoolInventory<LinkText>) {
        guard let top = inventory.directories.find(paths.repositories) else { return }
        var open: [(number: DirectoryIndex.Number, components: [String])] = [(top, [])]
        while let (number, components) = open.popLast() {
            let children = inventory.directories.children(number).map { ($0, inventory.directories.name($0)) }
            if children.contains(where: { RegistryPaths.parts.contains($0.1) }),
                let name = RepositoryName(components: components)
            {
                repositories.append(Repository(name: name, directory: number))
            }
            for (child, name) in children where name.first != "_" { open.append((child, components + [name])) }
        }
        repositories.sort { $0.name < $1.name }
        checked.repositories = repositories.count
        for repository in repositories where isEmpty(repository, inventory) {
            emptyRepositories.insert(paths.repository(repository.name))
        }
    }

    /// True if no manifest, no tag and no upload is left of a repository, and nothing in it is young.
    private func isEmpty(_ repository: Repository, _ inventory: PoolInventory<LinkText>) -> Bool {
        let directories = inventory.directories
        for part in ["_manifests", "_uploads"] {
            if let number = directories.find(part, in: repository.directory), inventory.hasFile(below: number) {
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

    /// Whether a path is one of the own directories of an empty repository, or lies in one.
    func isOfEmptyRepository(_ path: StoragePath) -> Bool {
        guard !emptyRepositories.isEmpty, path.isBelow(paths.repositories),
            let part = path.components.firstIndex(where: { $0.first == "_" })
        else { return false }
        return emptyRepositories.contains(.literal(Array(path.components[..<part])))
    }
}

extension PoolInventory {
    /// Whether there is a file in a directory, or anywhere below it.
    func hasFile(below directory: DirectoryIndex.Number) -> Bool {
        var open = [directory]
        while let next = open.popLast() {
            if !files(in: next).isEmpty { return true }
            open += directories.children(next)
        }
        return false
    }

    /// The files in a directory and everywhere below it.
    func files(below directory: DirectoryIndex.Number) -> [File] {
        var found: [File] = []
        var open = [directory]
        while let next = open.popLast() {
            found += files(in: next)
            open += directories.children(next)
        }
        return found
    }
}
