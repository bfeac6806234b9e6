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
        let file: PoolInventory<LinkText>.File
        let digest: Digest
    }

    /// What is to be read once more before it is called a problem.
    var suspects: [FsckRun.Suspect] = []
    /// The links to manifests and to layers, by the digest that their path says.
    private var revisions: [Digest: Link] = [:]
    private var layers: [Digest: Link] = [:]
    /// What the tags name.
    private var tags: [String: Digest] = [:]
    /// The blobs that the repository's manifests name.
    private var used: Set<Digest> = []
    /// What was looked at as a manifest, or is going to be.
    private var known: Set<Digest> = []
    /// True if not all of its manifests could be read: then nobody knows what is unused.
    private var isUncertain = false
    /// The same of tags that name an index of referrers, if it is an index, by what they name.
    private var listings: [Digest: [(directory: FsckRun.Number, companion: Companion)]] = [:]
    /// What belongs to a manifest, by the directory of its tag or of its own link.
    private var companions: [(directory: FsckRun.Number, companion: Companion)] = []

    init(run: FsckRun, repository: FsckFacts.Repository, faulty: Set<BlobIdentifier>, seen: FsckOnce) {
        self.run = run
        self.repository = repository
        self.faulty = faulty
        self.seen = seen
    }

    var inventory: PoolInventory<LinkText> { run.inventory }
    var directories: DirectoryIndex { run.inventory.directories }
    var paths: RegistryPaths { run.paths }
    var options: FsckOptions { run.options }

    mutating func run() async throws {
        let name = repository.name
        lookAtLinks()
        if run.facts.emptyRepositories.contains(paths.repository(name)), try await manifestsAmongLayers().isEmpty {
            suspects = [.emptyRepository(name)]
        } else {
            lookAtUploads()
            try await lookAtManifests()
            lookAtLayers()
            lookAtCompanions()
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
    private mutating func check(_ file: PoolInventory<LinkText>.File, _ digest: Digest?) {
        guard !run.facts.faulty.contains(file.blob), readsContents else { return }
        if let text = inventory.content(of: file.blob),
            LinkFinding(state: text.isExact ? .good(text.digest) : .inexact(text.digest), modified: nil)
                .fault(expecting: digest) == nil
        {
            return
        }
        if inventory.chunks(of: file.blob).isEmpty, options.isYoung(directories.modified(file.directory)) {
            return run.log.inFlight()
        }
        suspects.append(.badLink(inventory.path(of: file), digest))
    }

    /// What the tags name. Tags whose link cannot be read are left out.
    private mutating func tagged() -> [String: Digest] {
        var named: [String: Digest] = [:]
        guard let top = find("_manifests", "tags", below: repository.directory) else { return [:] }
        for tag in directories.children(top) {
            let name = directories.name(tag)
            for (digest, directory) in find("index", below: tag).map(digests) ?? [] {
                if let file = inventory.file("link", in: directory) { check(file, digest) }
            }
            guard let file = find("current", below: tag).flatMap({ inventory.file("link", in: $0) }) else {
                guard run.isLostTag(tag), let path = paths.currentLink(repository.name, tag: name) else { continue }
                let current = find("current", below: tag).map { directories.modified($0) } ?? 0
                if options.isYoung(max(directories.modified(tag), current)) {
                    run.log.inFlight()
                } else {
                    suspects.append(.lostTag(path))
                }
                continue
            }
            check(file, nil)
            guard let digest = inventory.content(of: file.blob)?.digest else { continue }
            named[name] = digest
            if let companion = Companion(tag: name, digest: digest, manifest: nil) {
                companions.append((tag, companion))
            } else if let companion = Companion(tag: name), companion.subject != digest {
                listings[digest, default: []].append((tag, companion))
            }
        }
        return named
    }

    // MARK: - Manifests

    private mutating func lookAtManifests() async throws {
        tags = tagged()
        let named = Dictionary(tags.map { ($0.value, $0.key) }, uniquingKeysWith: min)
        for (digest, tag) in named where revisions[digest] == nil {
            suspects.append(.missingRevision(digest, "the tag \(tag)"))
        }
        guard readsContents else {
            isUncertain = true
            return
        }
        known = Set(revisions.keys).union(named.keys)
        try await follow(known.sorted())
        try await followLayerLinks()
    }

    /// Registry 2.1.0 kept the links of manifests among those of layers: what no manifest accounts for may be one.
    private mutating func followLayerLinks() async throws {
        while true {
            let manifests = try await manifestsAmongLayers()
            if manifests.isEmpty { return }
            known.formUnion(layers.keys)
            for digest in manifests {
                used.insert(digest)
                suspects.append(.missingRevision(digest, "a link among the layers, where registry 2.1.0 kept it,"))
            }
            try await follow(manifests)
        }
    }

    /// The manifests that nothing but a layer link names, among what no manifest accounts for.
    private func manifestsAmongLayers() async throws -> [Digest] {
        let open = layers.keys.filter { !used.contains($0) && !known.contains($0) }.sorted()
        let (registry, inventory) = (run.fsck.registry, inventory)
        return try await concurrentMap(open, window: FsckRun.manifestWindow) { digest -> Digest? in
            let path = registry.paths.blob(digest)
            guard let file = inventory.file(at: path) else { return nil }
            do {
                return try await registry.manifestAmongLayers(in: file.blob, at: path) == nil ? nil : digest
            } catch is StorageError {
                // That damage has been said.
                return nil
            }
        }.compactMap(\.self)
    }

    private mutating func follow(_ manifests: [Digest]) async throws {
        var open = manifests
        while !open.isEmpty {
            try Task.checkCancellation()
            let batch = open.suffix(FsckRun.manifestWindow)
            open.removeLast(batch.count)
            let (registry, inventory, faulty) = (run.fsck.registry, inventory, faulty)
            let read = try await concurrentMap(batch, window: FsckRun.manifestWindow) { digest in
                (digest, try await FsckRun.manifest(digest, inventory, registry, faulty))
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
                        let names = tags.filter { $0.value == digest }.keys.sorted()
                        suspects.append(.badManifest(digest, why, tags: names))
                    }
                case .good(let manifest):
                    run.log.note { $0.checked.manifests += 1 }
                    if manifest.isIndex { companions += listings[digest] ?? [] }
                    if let companion = Companion(tag: nil, digest: digest, manifest: manifest),
                        let directory = revisions[digest]?.file.directory
                    {
                        companions.append((directory, companion))
                    }
                    for reference in manifest.blobs { need(reference, of: digest) }
                    used.formUnion(manifest.otherReferences)
                    if await seen.isFirst(digest) { judge(manifest, digest) }
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

    /// The notes on a manifest that can be read: nothing is damaged by these.
    private mutating func judge(_ manifest: Manifest, _ digest: Digest) {
        func note(_ kind: ProblemKind, _ detail: String) -> Problem {
            let path = paths.blob(digest)
            let blob = inventory.file(at: path)?.blob
            return Problem(kind: kind, severity: .info, path: path, blob: blob, object: blob?.chunk(0), detail: detail)
        }
        if !manifest.ambiguities.isEmpty {
            run.log.add([
                note(
                    .ambiguousManifest,
                    "The manifest \(manifest.ambiguities.joined(separator: ", and ")): readers may disagree on the blobs that it names. "
                        + "Collections keep all of them.")
            ])
        }
        let lies = manifest.claims.compactMap { reference -> String? in
            let blob = canonical(reference.digest)
            guard let file = inventory.file(at: paths.blob(blob)), !run.facts.faulty.contains(file.blob),
                case .known(let size) = PoolInventory<LinkText>.file(of: inventory.chunks(of: file.blob)).size,
                let lie = reference.lie(about: size)
            else { return nil }
            return "\(lie) \(reference.digest), which has \(size) bytes"
        }
        guard let first = lies.first else { return }
        let more = lies.count > 1 ? ", and is wrong about \(lies.count - 1) more" : ""
        run.log.add([note(.wrongSize, "The manifest \(first)\(more). The pool's sizes count everywhere.")])
    }

    /// The digest below which a blob lies, as the repository's link says it.
    private func canonical(_ digest: Digest) -> Digest {
        guard !digest.isCanonical, let link = layers[digest] else { return digest }
        return inventory.content(of: link.file.blob)?.digest ?? digest
    }

    private mutating func need(_ reference: Manifest.Reference, of manifest: Digest) {
        guard used.insert(reference.digest).inserted else { return }
        // A link below another digest says which blob it is; registries link that one as well.
        let blob = canonical(reference.digest)
        used.insert(blob)
        let isThere = inventory.file(at: paths.blob(blob)) != nil
        guard !reference.isForeign else { return }
        if !isThere {
            needBlob(blob, "the manifest \(manifest)")
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
        // Where only such a link lets a registry serve what a tag names, it is that manifest's (registry 2.1.0).
        let named = Set(tags.values)
        for (digest, link) in layers
        where !used.contains(digest) && revisions[digest] == nil && !named.contains(digest) {
            let modified = inventory.chunks(of: link.file.blob).first?.modified
            if options.isYoung(modified ?? directories.modified(link.file.directory)) {
                // The layers of a push come before its manifest.
                run.log.inFlight()
            } else if let text = inventory.content(of: link.file.blob), text.isExact, text.digest == canonical(digest) {
                suspects.append(.unusedLayerLink(digest, link.file.blob))
            }
        }
    }

    /// Companions of what the repository does not hold, if it is known what it holds. A client may push them before their image.
    private mutating func lookAtCompanions() {
        guard !isUncertain else { return }
        for (directory, companion) in companions where !known.contains(companion.subject) {
            let dates = inventory.files(below: directory).compactMap { inventory.chunks(of: $0.blob).first?.modified }
            if options.isYoung(dates.max() ?? directories.modified(directory)) {
                run.log.inFlight()
            } else {
                suspects.append(.orphanCompanion(directories.path(directory), companion))
            }
        }
    }

    // MARK: - Uploads

    private mutating func lookAtUploads() {
        guard let top = find("_uploads", below: repository.directory) else { return }
        for file in inventory.files(in: top) where !run.facts.faulty.contains(file.blob) {
            let modified = inventory.chunks(of: file.blob).first?.modified ?? directories.modified(top)
            if options.isYoung(modified) {
                run.log.inFlight()
            } else if !run.facts.doubles.contains(where: { $0.blob == file.blob }) {
                suspects.append(.strayUpload(inventory.path(of: file), file.blob))
            }
        }
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

    /// The digests whose directories (`Digest.directories`) lie below one.
    private func digests(below directory: FsckRun.Number) -> [(Digest, FsckRun.Number)] {
        directories.children(directory).flatMap { algorithm -> [(Digest, FsckRun.Number)] in
            var found = [(names: [directories.name(algorithm)], number: algorithm)]
            for _ in 0..<Digest.depth(below: directories.name(algorithm)) {
                found = found.flatMap { names, number in
                    directories.children(number).map { (names + [directories.name($0)], $0) }
                }
            }
            return found.compactMap { names, number in Digest(directories: names).map { ($0, number) } }
        }
    }
}
