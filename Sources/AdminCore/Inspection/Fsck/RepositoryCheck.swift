import Amounts
import ObjectStore
import Registry
import StorageDriver

/// Checks the documents of one repository: links, manifests and uploads.
struct RepositoryCheck {
    private typealias Number = DirectoryIndex.Number

    /// A link file with the digest in its path.
    private typealias Link = InventoryFile

    private static let repositoryWindow = 32
    private static let manifestWindow = 32

    private let run: FsckRun
    private let repository: FsckFacts.Repository
    private let readsContents: Bool
    /// The files with a reported problem.
    private let faulty: Set<BlobIdentifier>
    private let seen: FsckOnce

    private var suspects: [RepositorySuspect] = []
    /// The links to manifests and to layers, by the digest in their path.
    private var revisions: [Digest: Link] = [:]
    private var layers: [Digest: Link] = [:]
    /// The manifests of the tags.
    private var tags: [String: Digest] = [:]
    /// The blobs that the manifests name.
    private var used: Set<Digest> = []
    /// The walk over the manifests. It knows the manifests that it has followed or will follow.
    private var walk = ManifestTraversal<Digest>()
    /// True if a manifest could not be read: then nothing is reported as unused.
    private var isUncertain = false
    /// The companions, with the directory of their tag or of their revision link.
    private var companions: [(directory: Number, companion: Companion)] = []
    /// The companions of tags that name an index of referrers, if it is an index; by its digest.
    private var listings: [Digest: [(directory: Number, companion: Companion)]] = [:]

    /// Checks all repositories, several in parallel.
    ///
    /// - Parameters:
    ///   - run: the run.
    ///   - readsContents: false to read no file, since the chunk size is wrong.
    ///   - altered: the blobs without their digest.
    static func check(_ run: FsckRun, readsContents: Bool, altered: Set<BlobIdentifier>) async throws {
        let repositories = run.facts.repositories
        let counter = ProgressCounter(
            phase: "repositories", total: UInt64(repositories.count), handler: run.progress)
        let seen = FsckOnce()
        let faulty = run.facts.faulty.union(altered)
        _ = try await concurrentMap(repositories, window: repositoryWindow) { repository in
            defer { counter.advance() }
            var check = RepositoryCheck(run, repository, readsContents, faulty, seen)
            try await check.check()
        }
    }

    private init(
        _ run: FsckRun, _ repository: FsckFacts.Repository, _ readsContents: Bool, _ faulty: Set<BlobIdentifier>,
        _ seen: FsckOnce
    ) {
        self.run = run
        self.repository = repository
        self.readsContents = readsContents
        self.faulty = faulty
        self.seen = seen
    }

    private var inventory: PoolInventory<LinkText> { run.inventory }
    private var directories: DirectoryIndex { run.directories }
    private var paths: RegistryPaths { run.paths }
    private var options: FsckOptions { run.options }

    private mutating func check() async throws {
        let name = repository.name
        findLinks()
        if run.facts.emptyRepositories.contains(name), try await manifestsAmongLayers().isEmpty {
            suspects = [.emptyRepository]
        } else {
            checkUploads()
            try await checkManifests()
            checkLayers()
            checkCompanions()
        }
        let check = SuspectCheck(registry: run.registry, name: name, seen: seen)
        try await run.confirm(suspects, "links of \(name)") { try await check.problem(of: $0) }
    }

    // MARK: - Links

    private mutating func findLinks() {
        let name = repository.name
        if let top = directories.find(paths.revisions(name)) {
            for (digest, directory) in digests(below: top) {
                if let file = inventory.file("link", in: directory) {
                    revisions[digest] = file
                    check(file, digest)
                }
                for (signature, directory) in directories.find("signatures", in: directory).map(digests) ?? [] {
                    guard let file = inventory.file("link", in: directory) else { continue }
                    check(file, signature)
                    needBlob(signature, "the signature of the manifest \(digest)")
                }
            }
        }
        for (digest, directory) in directories.find(paths.layers(name)).map(digests) ?? [] {
            guard let file = inventory.file("link", in: directory) else { continue }
            layers[digest] = file
            check(file, digest)
        }
    }

    /// Checks the content of a link: the digest in its path, or any digest for the link of a tag.
    /// Damaged chunks are reported elsewhere.
    private mutating func check(_ file: Link, _ digest: Digest?) {
        guard !run.facts.faulty.contains(file.blob), readsContents else { return }
        if let text = inventory.content(of: file.blob),
            LinkFinding(state: LinkFinding.State(text), modified: nil)
                .fault(expecting: digest) == nil
        {
            return
        }
        if inventory.chunks(of: file.blob).isEmpty, options.isYoung(directories.modified(file.directory)) {
            return run.log.inFlight()
        }
        suspects.append(.badLink(inventory.path(of: file), digest))
    }

    /// Finds the manifests of the tags. Tags without a readable link become suspects.
    private mutating func findTags() {
        guard let top = directories.find(paths.tags(repository.name)) else { return }
        for tag in directories.children(top) {
            let name = directories.name(tag)
            for (digest, directory) in directories.find("index", in: tag).map(digests) ?? [] {
                if let file = inventory.file("link", in: directory) { check(file, digest) }
            }
            guard let file = directories.find("current", in: tag).flatMap({ inventory.file("link", in: $0) }) else {
                findLostTag(tag, name)
                continue
            }
            check(file, nil)
            guard let digest = inventory.content(of: file.blob)?.digest else { continue }
            tags[name] = digest
            if let companion = Companion(tag: name, digest: digest, manifest: nil) {
                companions.append((tag, companion))
            } else if let companion = Companion(tag: name), companion.subject != digest {
                listings[digest, default: []].append((tag, companion))
            }
        }
    }

    private mutating func findLostTag(_ tag: Number, _ name: String) {
        guard DirectoryCheck(run: run).isLostTag(tag) else { return }
        let current = directories.find("current", in: tag).map { directories.modified($0) } ?? 0
        if options.isYoung(max(directories.modified(tag), current)) {
            run.log.inFlight()
        } else {
            suspects.append(.lostTag(name))
        }
    }

    // MARK: - Manifests

    private mutating func checkManifests() async throws {
        findTags()
        let named = Dictionary(tags.map { ($0.value, $0.key) }, uniquingKeysWith: min)
        for (digest, tag) in named where revisions[digest] == nil {
            suspects.append(.missingRevision(digest, "the tag \(tag)"))
        }
        guard readsContents else {
            isUncertain = true
            return
        }
        try await follow(Set(revisions.keys).union(named.keys).filter { walk.enters($0) }.sorted())
        // Registry 2.1.0 kept the links of manifests among those of layers.
        while case let manifests = try await manifestsAmongLayers(), !manifests.isEmpty {
            for digest in layers.keys { _ = walk.enters(digest) }
            for digest in manifests {
                used.insert(digest)
                suspects.append(.missingRevision(digest, "a link among the layers, where registry 2.1.0 kept it,"))
            }
            try await follow(manifests)
        }
    }

    /// Returns the manifests that only a layer link names, among the layers that no manifest names.
    private func manifestsAmongLayers() async throws -> [Digest] {
        let open = layers.keys.filter { !used.contains($0) && !isKnown($0) }.sorted()
        let (registry, inventory) = (run.registry, inventory)
        return try await concurrentMap(open, window: RepositoryCheck.manifestWindow) { digest -> Digest? in
            let path = registry.paths.blob(digest)
            guard let file = inventory.file(at: path) else { return nil }
            do {
                return try await registry.manifestAmongLayers(in: file.blob, at: path) == nil ? nil : digest
            } catch is StorageError {
                // The damage of the file is reported elsewhere.
                return nil
            }
        }.compactMap(\.self)
    }

    /// The result of reading a manifest.
    private enum Reading: Sendable {
        case good(Manifest)
        case bad(String)
        /// The file has a problem of its own.
        case unreadable
        case missing
    }

    private func isKnown(_ manifest: Digest) -> Bool { walk.depth(of: manifest) != nil }

    private mutating func follow(_ manifests: [Digest]) async throws {
        var walk = walk
        for digest in manifests { walk.add(digest) }
        let (registry, inventory, faulty) = (run.registry, inventory, faulty)
        try await walk.run(counting: Counter(), while: { $0 < RepositoryCheck.manifestWindow }) { digest in
            (digest, try await RepositoryCheck.read(digest, registry, inventory, faulty))
        } taking: { walk, answer in
            take(answer.1, answer.0, &walk)
        }
        self.walk = walk
    }

    private mutating func take(_ reading: Reading, _ digest: Digest, _ walk: inout ManifestTraversal<Digest>) {
        switch reading {
        case .good(let manifest): take(manifest, digest, &walk)
        case .bad(let why):
            isUncertain = true
            // Without a revision link, the missing link is the problem.
            if revisions[digest] != nil, seen.isFirst(digest) {
                let names = tags.filter { $0.value == digest }.keys.sorted()
                suspects.append(.badManifest(digest, why, tags: names))
            }
        case .unreadable: isUncertain = true
        case .missing:
            isUncertain = true
            if revisions[digest] != nil { needBlob(digest, "the manifest \(digest)") }
        }
    }

    private static func read(
        _ digest: Digest, _ registry: RegistryReader, _ inventory: PoolInventory<LinkText>,
        _ faulty: Set<BlobIdentifier>
    ) async throws -> Reading {
        try Task.checkCancellation()
        let path = registry.paths.blob(digest)
        guard let file = inventory.file(at: path) else { return .missing }
        guard !faulty.contains(file.blob) else { return .unreadable }
        do {
            switch try await registry.manifest(in: file.blob, at: path).content {
            case .success(let manifest): return .good(manifest)
            case .failure(let problem): return .bad(problem.text)
            }
        } catch is StorageError {
            return .unreadable
        }
    }

    private mutating func take(
        _ manifest: Manifest, _ digest: Digest, _ walk: inout ManifestTraversal<Digest>
    ) {
        run.log.note { $0.checked.manifests += 1 }
        if manifest.isIndex { companions += listings[digest] ?? [] }
        if let companion = Companion(tag: nil, digest: digest, manifest: manifest),
            let directory = revisions[digest]?.directory
        {
            companions.append((directory, companion))
        }
        for reference in manifest.blobs { need(reference, of: digest) }
        used.formUnion(manifest.otherReferences)
        if seen.isFirst(digest) { reportInfo(manifest, digest) }
        for child in manifest.children {
            if revisions[child.digest] == nil {
                suspects.append(.missingRevision(child.digest, "the index \(digest)"))
            }
            if walk.enters(child.digest) { walk.add(child.digest) }
        }
    }

    /// Reports the harmless faults of a manifest.
    private func reportInfo(_ manifest: Manifest, _ digest: Digest) {
        func report(_ kind: ProblemKind, _ detail: String) {
            let path = paths.blob(digest)
            let blob = inventory.file(at: path)?.blob
            run.log.add([
                Problem(
                    kind: kind, severity: .info, path: path, blob: blob, object: blob?.chunk(0), detail: detail)
            ])
        }
        if !manifest.ambiguities.isEmpty {
            report(
                .ambiguousManifest,
                "The manifest \(manifest.ambiguities.joined(separator: ", and ")): readers may disagree on the blobs that it names. "
                    + "Collections keep all of them.")
        }
        let lies = manifest.claims.compactMap { reference -> String? in
            let blob = canonical(reference.digest)
            guard let file = inventory.file(at: paths.blob(blob)), !run.facts.faulty.contains(file.blob),
                case .known(let size) = StoredFile(inventory.chunks(of: file.blob)).size,
                let lie = reference.lie(about: size)
            else { return nil }
            return "\(lie) \(reference.digest), which has \(AmountText.count(size)) bytes"
        }
        guard let first = lies.first else { return }
        let more = lies.count > 1 ? ", and is wrong about \(lies.count - 1) more" : ""
        report(.wrongSize, "The manifest \(first)\(more). Regtop counts the sizes in the pool.")
    }

    // MARK: - Blobs

    /// Returns the digest in the path of a blob, from the repository's layer link.
    private func canonical(_ digest: Digest) -> Digest {
        guard !digest.isCanonical, let link = layers[digest] else { return digest }
        return inventory.content(of: link.blob)?.digest ?? digest
    }

    private mutating func need(_ reference: Manifest.Reference, of manifest: Digest) {
        guard used.insert(reference.digest).inserted else { return }
        // Registries link the digest in the blob's path as well.
        let blob = canonical(reference.digest)
        used.insert(blob)
        guard !reference.isForeign else { return }
        if inventory.file(at: paths.blob(blob)) == nil {
            needBlob(blob, "the manifest \(manifest)")
        } else if layers[reference.digest] == nil {
            suspects.append(.missingLayerLink(reference.digest, manifest: manifest))
        }
    }

    private mutating func needBlob(_ digest: Digest, _ who: String) {
        guard inventory.file(at: paths.blob(digest)) == nil else { return }
        suspects.append(.missingBlob(digest, who))
    }

    private mutating func checkLayers() {
        guard !isUncertain else { return }
        // In registry 2.1.0, only such a link lets a registry serve the manifest of a tag.
        let named = Set(tags.values)
        for (digest, link) in layers
        where !used.contains(digest) && revisions[digest] == nil && !named.contains(digest) {
            let modified = inventory.chunks(of: link.blob).first?.modified
            if options.isYoung(modified ?? directories.modified(link.directory)) {
                // A push writes the links of layers before its manifest.
                run.log.inFlight()
            } else if let text = inventory.content(of: link.blob), text.isExact, text.digest == canonical(digest) {
                suspects.append(.unusedLayerLink(digest, link.blob))
            }
        }
    }

    /// Finds the companions of missing images. Clients may push a companion before its image.
    private mutating func checkCompanions() {
        guard !isUncertain else { return }
        for (directory, companion) in companions where !isKnown(companion.subject) {
            if isYoung(inventory.files(below: directory), directory) {
                run.log.inFlight()
            } else {
                suspects.append(.orphanCompanion(directories.path(directory), companion))
            }
        }
    }

    // MARK: - Uploads

    private mutating func checkUploads() {
        guard let top = directories.find(paths.uploads(repository.name)) else { return }
        for file in inventory.files(in: top) where !run.facts.faulty.contains(file.blob) {
            if isYoung([file], top) {
                run.log.inFlight()
            } else if !run.facts.doubles.contains(where: { $0.blob == file.blob }) {
                suspects.append(.strayUpload(inventory.path(of: file), file.blob))
            }
        }
        for upload in directories.children(top) {
            let files = inventory.files(below: upload)
            guard !files.isEmpty else { continue }
            if isYoung(files, upload) {
                run.log.inFlight()
                continue
            }
            // A double reference is reported first. The upload is reported after that is repaired.
            if run.facts.doubles.contains(where: { double in files.contains { $0.blob == double.blob } }) { continue }
            let bytes = files.reduce(UInt64(0)) { sum, file in
                addingCapped(sum, inventory.chunks(of: file.blob).reduce(0) { $0 + UInt64($1.length) })
            }
            suspects.append(.staleUpload(directories.path(upload), bytes: bytes))
        }
    }

    /// Returns whether one of the files is young; if none has a date, whether the directory is.
    private func isYoung(_ files: [InventoryFile], _ directory: Number) -> Bool {
        let dates = files.compactMap { inventory.chunks(of: $0.blob).first?.modified }
        return options.isYoung(dates.max() ?? directories.modified(directory))
    }

    // MARK: - Directories

    /// Returns the digests of the directories (`Digest.directories`) below a directory.
    private func digests(below directory: Number) -> [(Digest, Number)] {
        directories.children(directory).flatMap { algorithm -> [(Digest, Number)] in
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

extension PoolInventory {
    /// Returns the files in a directory and everywhere below it.
    func files(below directory: DirectoryIndex.Number) -> [InventoryFile] {
        var found: [InventoryFile] = []
        var open = [directory]
        while let next = open.popLast() {
            found += files(in: next)
            open += directories.children(next)
        }
        return found
    }
}
