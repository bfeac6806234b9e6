/// The registry's documents: links, manifests, and what they name.
extension FsckRun {
    typealias Number = DirectoryIndex.Number

    /// Looks at every repository, several side by side. `altered`: blobs that are known not to be what they should be.
    func lookAtRepositories(readsContents: Bool, altered: Set<BlobIdentifier>) async throws {
        let counter = ProgressCounter(
            phase: "repositories", total: UInt64(facts.repositories.count), handler: progress)
        let seen = FsckOnce()
        let faulty = facts.faulty.union(altered)
        _ = try await concurrentMap(facts.repositories, window: FsckRun.repositoryWindow) { repository in
            defer { counter.advance() }
            var look = RepositoryLook(run: self, repository: repository, faulty: faulty, seen: seen)
            look.readsContents = readsContents
            try await look.run()
        }
    }

    private static let repositoryWindow = 32
}

/// What was reported already, of what several repositories share.
actor FsckOnce {
    private var digests: Set<Digest> = []

    /// True the first time.
    func isFirst(_ digest: Digest) -> Bool { digests.insert(digest).inserted }
}

/// A look at one repository.
struct RepositoryLook {
    let run: FsckRun
    let repository: FsckFacts.Repository
    /// The files with a problem of their own.
    let faulty: Set<BlobIdentifier>
    let seen: FsckOnce
    var readsContents = true

    /// A link file: where it is, and the digest that its path says.
    struct Link {
        let file: PoolInventory<Digest>.File
        let digest: Digest
    }

    /// What is to be read once more before it is called a problem.
    var suspects: [FsckRun.Suspect] = []
    /// The links to manifests and to layers, by the digest that their path says.
    private var revisions: [Digest: Link] = [:]
    private var layers: [Digest: Link] = [:]
    /// The blobs that the repository's manifests name.
    private var used: Set<Digest> = []
    /// True if not all of its manifests could be read: then nobody knows what is unused.
    private var isUncertain = false

    init(run: FsckRun, repository: FsckFacts.Repository, faulty: Set<BlobIdentifier>, seen: FsckOnce) {
        self.run = run
        self.repository = repository
        self.faulty = faulty
        self.seen = seen
    }

    var inventory: PoolInventory<Digest> { run.inventory }
    var directories: DirectoryIndex { run.inventory.directories }
    var paths: RegistryPaths { run.paths }
    var options: FsckOptions { run.options }

    mutating func run() async throws {
        let name = repository.name
        if run.facts.emptyRepositories.contains(paths.repository(name)) {
            suspects.append(.emptyRepository(name))
        } else {
            lookAtLinks()
            lookAtUploads()
            try await lookAtManifests()
            lookAtLayers()
        }
        let (storage, paths, registry) = (run.storage, paths, run.fsck.registry)
        try await run.confirm(suspects, "links of \(name)") { suspect in
            try await suspect.problem(in: name, storage, paths, registry)
        }
    }

    // MARK: - Links

    private mutating func lookAtLinks() {
        let own = repository.directory
        if let top = find("_manifests", "revisions", below: own) {
            for (digest, directory) in digests(below: top) {
                if let file = inventory.file("link", in: directory) {
                    revisions[digest] = Link(file: file, digest: digest)
                    check(file, digest)
                }
                for (signature, directory) in find("signatures", below: directory).map(digests) ?? [] {
                    guard let file = inventory.file("link", in: directory) else { continue }
                    check(file, signature)
                    needBlob(signature, "the signature of the manifest \(digest)")
                }
            }
        }
        for (digest, directory) in find("_layers", below: own).map(digests) ?? [] {
            guard let file = inventory.file("link", in: directory) else { continue }
            layers[digest] = Link(file: file, digest: digest)
            check(file, digest)
        }
    }

    /// A link has to hold the digest that its path says, or any for a tag. What is wrong with its chunks has been said.
    private mutating func check(_ file: PoolInventory<Digest>.File, _ digest: Digest?) {
        guard !run.facts.faulty.contains(file.blob), readsContents else { return }
        let content = inventory.content(of: file.blob)
        if let content, digest == nil || content == digest { return }
        if inventory.chunks(of: file.blob).isEmpty, options.isYoung(directories.modified(file.directory)) {
            return run.log.inFlight()
        }
        suspects.append(.badLink(inventory.path(of: file), digest))
    }

    /// The digests that tags name, each with one tag that does. Tags whose link cannot be read make nothing certain.
    private mutating func tagged() -> [Digest: String] {
        var named: [Digest: String] = [:]
        guard let top = find("_manifests", "tags", below: repository.directory) else { return [:] }
        for tag in directories.children(top) {
            guard directories.facts(tag).contains(.hasKeys) || !directories.children(tag).isEmpty else { continue }
            let name = directories.name(tag)
            for (digest, directory) in find("index", below: tag).map(digests) ?? [] {
                if let file = inventory.file("link", in: directory) { check(file, digest) }
            }
            guard let file = find("current", below: tag).flatMap({ inventory.file("link", in: $0) }) else {
                if options.isYoung(directories.modified(tag)) {
                    run.log.inFlight()
                } else if let path = paths.currentLink(repository.name, tag: name), isListed(tag) {
                    suspects.append(.lostTag(path))
                }
                continue
            }
            check(file, nil)
            if let digest = inventory.content(of: file.blob) { named[digest] = name }
        }
        return named
    }

    /// Whether a tag's directory, and the one of its current link, are where they should be. If not, that has been said.
    private func isListed(_ tag: FsckRun.Number) -> Bool {
        guard directories.facts(tag).contains(.isThere) else { return false }
        guard let current = directories.find("current", in: tag) else { return true }
        let facts = directories.facts(current)
        return facts.contains(.isThere) && facts.contains(.hasKeys) && facts.contains(.isListed)
    }

    // MARK: - Manifests

    private mutating func lookAtManifests() async throws {
        let tags = tagged()
        for (digest, tag) in tags where revisions[digest] == nil {
            suspects.append(.missingRevision(digest, "the tag \(tag)"))
        }
        guard readsContents else {
            isUncertain = true
            return
        }
        var known = Set(revisions.keys).union(tags.keys)
        var open = known.sorted()
        while !open.isEmpty {
            try Task.checkCancellation()
            let batch = open.suffix(FsckRun.manifestWindow)
            open.removeLast(batch.count)
            let (storage, inventory, paths, faulty) = (run.storage, inventory, paths, faulty)
            let read = try await concurrentMap(batch, window: FsckRun.manifestWindow) { digest in
                (digest, try await FsckRun.manifest(digest, inventory, paths, storage, faulty))
            }
            for (digest, reading) in read {
                switch reading {
                case .missing:
                    isUncertain = true
                    if revisions[digest] != nil { needBlob(digest, "the manifest \(digest)") }
                case .unreadable: isUncertain = true
                case .bad(let why):
                    isUncertain = true
                    // Of one that the repository does not hold that is said, and no more.
                    if revisions[digest] != nil, await seen.isFirst(digest) {
                        suspects.append(.badManifest(digest, why))
                    }
                case .good(let manifest):
                    run.log.note { $0.checked.manifests += 1 }
                    for reference in manifest.blobs { need(reference, of: digest) }
                    for child in manifest.manifests where child.namesManifest {
                        if revisions[child.digest] == nil {
                            suspects.append(.missingRevision(child.digest, "the index \(digest)"))
                        }
                        if known.insert(child.digest).inserted { open.append(child.digest) }
                    }
                }
            }
        }
    }

    private mutating func need(_ reference: Manifest.Reference, of manifest: Digest) {
        guard used.insert(reference.digest).inserted else { return }
        let isThere = inventory.file(at: paths.blob(reference.digest)) != nil
        guard !reference.isForeign else { return }
        if !isThere {
            needBlob(reference.digest, "the manifest \(manifest)")
        } else if layers[reference.digest] == nil {
            suspects.append(.missingLayerLink(reference.digest, manifest))
        }
    }

    private mutating func needBlob(_ digest: Digest, _ who: String) {
        guard inventory.file(at: paths.blob(digest)) == nil else { return }
        suspects.append(.missingBlob(digest, who, seen))
    }

    private mutating func lookAtLayers() {
        guard !isUncertain else { return }
        for (digest, link) in layers where !used.contains(digest) && revisions[digest] == nil {
            let modified = inventory.chunks(of: link.file.blob).first?.modified
            if options.isYoung(modified ?? directories.modified(link.file.directory)) {
                // The layers of a push come before its manifest.
                run.log.inFlight()
            } else if inventory.content(of: link.file.blob) == digest {
                suspects.append(.unusedLayerLink(digest, link.file.blob))
            }
        }
    }

    // MARK: - Uploads

    private mutating func lookAtUploads() {
        guard let top = find("_uploads", below: repository.directory) else { return }
        for upload in directories.children(top) {
            let files = inventory.files(below: upload)
            guard !files.isEmpty else { continue }
            let dates = files.compactMap { inventory.chunks(of: $0.blob).first?.modified }
            if options.isYoung(dates.max() ?? directories.modified(upload)) {
                run.log.inFlight()
                continue
            }
            // A crash inside a move is a cause of its own; what is left of the upload is named once that is mended.
            if run.facts.doubles.contains(where: { double in files.contains { $0.blob == double.blob } }) { continue }
            let bytes = files.reduce(UInt64(0)) { sum, file in
                addingCapped(sum, inventory.chunks(of: file.blob).reduce(0) { $0 + UInt64($1.length) })
            }
            suspects.append(.staleUpload(directories.path(upload), bytes))
        }
    }

    // MARK: - Looking about

    private func find(_ names: String..., below directory: FsckRun.Number) -> FsckRun.Number? {
        names.reduce(directory as FsckRun.Number?) { number, name in number.flatMap { directories.find(name, in: $0) } }
    }

    /// The directories `<algorithm>/<hex>` below one.
    private func digests(below directory: FsckRun.Number) -> [(Digest, FsckRun.Number)] {
        directories.children(directory).flatMap { algorithm -> [(Digest, FsckRun.Number)] in
            let name = directories.name(algorithm)
            return directories.children(algorithm).compactMap { number in
                Digest(algorithm: name, hex: directories.name(number)).map { ($0, number) }
            }
        }
    }
}

extension FsckRun {
    static let manifestWindow = 32

    /// What a manifest's blob turned out to be.
    enum Reading: Sendable {
        case good(Manifest)
        case bad(String)
        /// Its file has a problem of its own.
        case unreadable
        case missing
    }

    static func manifest(
        _ digest: Digest, _ inventory: PoolInventory<Digest>, _ paths: RegistryPaths, _ storage: StorageReader,
        _ faulty: Set<BlobIdentifier>
    ) async throws -> Reading {
        let path = paths.blob(digest)
        guard let file = inventory.file(at: path) else { return .missing }
        guard !faulty.contains(file.blob) else { return .unreadable }
        do {
            return .good(
                try Manifest(parsing: try await storage.content(of: file.blob, at: path, limit: Manifest.sizeLimit)))
        } catch let problem as ManifestProblem {
            return .bad(problem.text)
        } catch StorageError.tooLarge {
            return .bad("is larger than a manifest may be")
        } catch is StorageError {
            return .unreadable
        }
    }
}
