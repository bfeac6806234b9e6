import ObjectStore
import Registry
import StorageDriver
import Foundation

/// One look of a `RestoringLook`: reads new links and manifests, and finds the things to restore.
/// Changes nothing.
struct RestoringSearch: Sendable {
    let registry: RegistryReader
    /// The knowledge after everything that `run` returns is restored.
    private(set) var learnt: RestoringLook.Knowledge
    /// The knowledge before.
    private var known: RestoringLook.Knowledge
    private let reader: MarkReader

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    init(registry: RegistryReader, knowledge: RestoringLook.Knowledge, began: Date) {
        self.registry = registry
        known = knowledge
        learnt = knowledge
        reader = MarkReader(
            registry: registry, cutoff: began, writing: began.addingTimeInterval(-MarkReader.longestWrite))
    }

    /// A manifest that a repository serves.
    private struct Root: Hashable, Sendable {
        let name: RepositoryName
        let digest: Digest
    }

    /// The quarantine.
    private struct Hoard: Sendable {
        /// The newest first.
        let holdings: [Holding]
        /// An identifier of each blob.
        let blobs: [Digest: BlobIdentifier]
    }

    /// Returns the things to restore, by holding, blobs before links; of two copies of a blob, only
    /// the newer one.
    mutating func run() async throws -> [(StoragePath, [CollectionPlan.Item])] {
        try await meetHoldings()
        guard learnt.holdings.values.contains(where: \.isOfUse) else { return forgetUnfinished([]) }
        let names = try await registry.repositoryNames()
        let news = try await concurrentMap(names, window: storage.window) { [self] name in
            try await unknown(of: name)
        }
        learnt.versions = Dictionary(zip(names, news).map { ($0, $1.versions) }) { first, _ in first }
        let again = try await writtenAgain()
        let there = Set(names)
        var roots = zip(names, news).reduce(into: Set<Root>()) { roots, found in
            for digest in found.1.revisions { roots.insert(Root(name: found.0, digest: digest)) }
        }
        for (name, digests) in known.unclear where there.contains(name) {
            for digest in digests { roots.insert(Root(name: name, digest: digest)) }
        }
        learnt.unclear = [:]
        if roots.isEmpty, again.isEmpty { return forgetUnfinished([]) }
        let hoard = try await hoard()
        let documents = Memo<Digest, MarkReader.ManifestContent> { [reader] digest in
            try await reader.naming {
                .unreadable("\($0)", [])
            } reading: {
                try await reader.manifest(digest, nil, hoard.blobs[digest])
            }
        }
        let all = Array(roots.union(again))
        let closures = try await concurrentMap(all, window: storage.window) { [self] root in
            try await closure(of: root, isLinked: again.contains(root), hoard, documents)
        }
        var needed: Set<Digest> = []
        for case (let root, let closure?) in zip(all, closures) {
            needed.formUnion(closure.needed)
            if closure.isClear {
                learnt.manifests.formUnion(closure.understood)
            } else {
                learnt.unclear[root.name, default: []].insert(root.digest)
            }
        }
        let chosen = try await choose(needed, again, hoard)
        return forgetUnfinished(chosen)
    }

    // MARK: - The quarantine

    /// Reads the holdings. If one of them belongs to another regtop, drops the knowledge.
    private mutating func meetHoldings() async throws {
        let places = RegistryReader.directories(in: try await storage.entries(paths.quarantine) ?? []).map {
            paths.quarantine.appending(.literal($0))
        }
        let found = try await concurrentMap(places, window: storage.window) {
            [storage, known, paths] path -> (StoragePath, RestoringLook.Held?, isStrange: Bool) in
            guard let version = try await storage.objects.read(.stat, of: StorageReader.directory(path))?.version
            else { return (path, nil, false) }
            let met = known.holdings[path]
            if let met, met.version == version { return (path, met, false) }
            guard let holding = try await storage.holding(path) else { return (path, nil, false) }
            let vouched = known.vouched[path.name]
            let files = holding.entries.map { (entry: $0, file: paths.file(at: $0.origin)) }
            let held = RestoringLook.Held(
                version: version, isOfUse: files.contains { Self.isOfUse($0.file) },
                cutoff: met?.cutoff ?? vouched ?? holding.note.map(RestoringLook.cutoff) ?? .distantPast,
                links: files.filter { $0.entry.claim == nil && Self.isRevision($0.file) }.map(\.entry),
                isWhole: vouched != nil || holding.note?.unlinked != nil)
            return (path, held, met == nil && vouched == nil)
        }
        if found.contains(where: \.isStrange) { known = RestoringLook.Knowledge(vouched: known.vouched) }
        learnt = known
        learnt.holdings = Dictionary(found.compactMap { path, held, _ in held.map { (path, $0) } }) { one, _ in one }
    }

    /// Forgets holdings that are being filled: the next look reads them as new ones.
    private mutating func forgetUnfinished<Value>(_ value: Value) -> Value {
        learnt.holdings = learnt.holdings.filter(\.value.isWhole)
        return value
    }

    private static func isOfUse(_ file: RegistryFile?) -> Bool {
        switch file {
        case .blob, .revision, .signature: true
        case .currentLink, .tagIndex, .layer, .upload, nil: false
        }
    }

    private static func isRevision(_ file: RegistryFile?) -> Bool {
        if case .revision = file { true } else { false }
    }

    private func hoard() async throws -> Hoard {
        let places = learnt.holdings.filter(\.value.isOfUse).keys.sorted(by: >)
        let holdings = try await concurrentMap(places, window: storage.window) { [storage] path in
            try await storage.holding(path)
        }.compactMap(\.self)
        var blobs: [Digest: BlobIdentifier] = [:]
        for entry in holdings.lazy.flatMap(\.entries) where entry.claim != .freeing {
            guard case .blob(let digest) = paths.file(at: entry.origin), blobs[digest] == nil else { continue }
            blobs[digest] = entry.blob
        }
        return Hoard(holdings: holdings, blobs: blobs)
    }

    /// Returns the needed things whose places are free.
    private func choose(
        _ needed: Set<Digest>, _ again: Set<Root>, _ hoard: Hoard
    ) async throws -> [(StoragePath, [CollectionPlan.Item])] {
        var open = needed
        var chosen: [(path: StoragePath, items: [CollectionPlan.Item], hasLinks: Bool)] = []
        for holding in hoard.holdings {
            let entries = holding.entries.filter { entry in
                guard entry.claim == nil else { return false }
                switch paths.file(at: entry.origin) {
                case .blob(let digest): return open.remove(digest) != nil
                case .revision(let digest), .signature(_, let digest):
                    return paths.repositoryName(of: entry.origin).map {
                        again.contains(Root(name: $0, digest: digest))
                    } ?? false
                case .currentLink, .tagIndex, .layer, .upload, nil: return false
                }
            }
            let items = try await concurrentMap(entries, window: storage.window) {
                [storage, paths] entry -> CollectionPlan.Item? in
                guard try await storage.entry(entry.origin) == nil else { return nil }
                let bytes = try await storage.heldBytes(of: entry.blob)
                guard case .blob(let digest) = paths.file(at: entry.origin) else {
                    return CollectionPlan.Item(origin: entry.origin, blob: entry.blob, bytes: bytes)
                }
                return CollectionPlan.Item(digest, in: paths, blob: entry.blob, bytes: bytes)
            }.compactMap(\.self)
            if items.isEmpty { continue }
            chosen.append((holding.path, items, items.contains { $0.origin.isBelow(paths.repositories) }))
        }
        return (chosen.filter { !$0.hasLinks } + chosen.filter(\.hasLinks)).map { ($0.path, $0.items) }
    }

    // MARK: - News

    /// Returns the unknown revisions of a repository, if its directories have changed.
    private func unknown(
        of name: RepositoryName
    ) async throws -> (versions: RestoringLook.Versions, revisions: Set<Digest>) {
        let directory = paths.revisions(name)
        let before = known.versions[name]
        var versions = RestoringLook.Versions()
        versions.top = try await version(of: directory)
        var algorithms = Array((before?.algorithms ?? [:]).keys)
        if before == nil || before?.top != versions.top {
            algorithms = RegistryReader.directories(in: try await storage.entries(directory) ?? [])
            // Its parent lists it only after the first link is in it.
            if !algorithms.contains("sha256") { algorithms.append("sha256") }
        }
        var revisions: Set<Digest> = []
        for algorithm in algorithms {
            let place = directory.appending(.literal(algorithm))
            guard Digest.depth(below: algorithm) == 1 else {
                revisions.formUnion(
                    (try await registry.digests(below: directory) ?? []).filter { $0.directories.first == algorithm })
                continue
            }
            if let last = before?.algorithms[algorithm], try await version(of: place) == last {
                versions.algorithms[algorithm] = last
                continue
            }
            let listing = try await storage.objects.wholeOmap(of: StorageReader.directory(place))
            versions.algorithms[algorithm] = .some(listing?.version)
            for entry in listing?.omap ?? [] {
                guard entry.value.isEmpty, let hex = entry.key.string,
                    let digest = Digest(algorithm: algorithm, hex: hex)
                else { continue }
                revisions.insert(digest)
            }
        }
        return (versions, revisions.subtracting(known.manifests))
    }

    private func version(of directory: StoragePath) async throws -> UInt64? {
        try await storage.objects.read(.stat, of: StorageReader.directory(directory))?.version
    }

    /// Returns links to manifests that were written to after they were taken: a push had read their
    /// identifiers before. The directories do not show such writes.
    private func writtenAgain() async throws -> Set<Root> {
        let links = learnt.holdings.values.flatMap { held in held.links.map { (link: $0, cutoff: held.cutoff) } }
        let found = try await concurrentMap(links, window: storage.window) {
            [storage, paths] link, cutoff -> Root? in
            guard let chunk = try await storage.objects.read(.stat, of: link.blob.chunk(0)), chunk.modified > cutoff,
                try await storage.entry(link.origin) == nil,
                case .revision(let digest) = paths.file(at: link.origin),
                let name = paths.repositoryName(of: link.origin)
            else { return nil }
            return Root(name: name, digest: digest)
        }
        return Set(found.compactMap(\.self))
    }

    // MARK: - Needs

    /// The needs of a manifest.
    private struct Closure: Sendable {
        /// Blobs that it needs and that are in the quarantine.
        var needed: Set<Digest> = []
        /// Manifests with all that they name.
        var understood: Set<Digest> = []
        /// False if a part of it could not be understood, or if the manifest itself is not there.
        var isClear = true
    }

    private typealias Documents = Memo<Digest, MarkReader.ManifestContent>

    /// Returns the needs of a manifest if its repository has a link to it. Without a link there are
    /// none yet, though a link may appear at any moment: a regtop lists the directory before it
    /// makes the link. nil if the manifest is not listed any more. `isLinked`: the link is about to
    /// come back.
    private func closure(
        of root: Root, isLinked: Bool, _ hoard: Hoard, _ documents: Documents
    ) async throws -> Closure? {
        let directory = paths.revision(root.name, root.digest)
        let entries = try await storage.entries(directory) ?? []
        let link = entries.first { $0.name == "link" }
        if link == nil, !isLinked {
            return try await storage.entry(directory) == nil ? nil : Closure(isClear: false)
        }
        var closure = Closure()
        var sought = [root.digest]
        if let link {
            let finding = try await registry.links.read(link, at: paths.link(in: directory))
            if let digest = finding.digest { sought.append(digest) } else { closure.isClear = false }
        }
        var signatures: [Digest] = []
        if entries.contains(where: { $0.name == "signatures" && $0.kind == .directory }) {
            signatures = try await registry.digests(below: paths.signatures(root.name, of: root.digest)) ?? []
        }
        try await follow(sought, signatures, in: root.name, &closure, hoard, documents)
        return closure
    }

    /// Adds everything that manifests name, by the rules of a mark.
    private func follow(
        _ manifests: [Digest], _ blobs: [Digest], in repository: RepositoryName, _ closure: inout Closure,
        _ hoard: Hoard, _ documents: Documents
    ) async throws {
        let roots = Set(manifests)
        // Follows to any depth, as a mark does: each manifest enters as a root.
        var traversal = ManifestTraversal<(digest: Digest, need: Manifest.Edge.Need)>()
        for digest in manifests { traversal.add((digest, .manifest)) }
        for digest in blobs { traversal.add((digest, .blob)) }
        var isPinned = false
        while let (named, need) = traversal.newest() {
            for digest in try await names(of: named, in: repository) {
                if hoard.blobs[digest] != nil { closure.needed.insert(digest) }
                guard need != .blob, !known.manifests.contains(digest), traversal.enters(digest) else { continue }
                let content =
                    need == .manifest ? try await documents(digest) : try await among(digest, hoard.blobs[digest])
                switch content {
                case .manifest(let manifest):
                    closure.understood.insert(digest)
                    for edge in manifest.edges { traversal.add((edge.digest, edge.need)) }
                case .missing:
                    // A later push of a part makes a link to that part.
                    if roots.contains(digest) { closure.isClear = false }
                case .unreadable(_, let references):
                    closure.isClear = false
                    for reference in references { traversal.add((reference, .either)) }
                    guard !isPinned else { continue }
                    isPinned = true
                    for linked in try await pinned(by: repository, hoard) { traversal.add((linked, .either)) }
                case nil: break
                }
            }
        }
    }

    /// Returns the digests that a digest may stand for: itself, and those in the repository's
    /// links.
    private func names(of digest: Digest, in repository: RepositoryName) async throws -> [Digest] {
        var names = [digest]
        while let last = names.last, !last.isCanonical {
            let next = try await registry.canonical(last, in: repository)
            if names.contains(next) { break }
            names.append(next)
        }
        return names
    }

    /// Returns the content of a blob that may be a manifest; nil if it is none.
    private func among(_ digest: Digest, _ held: BlobIdentifier?) async throws -> MarkReader.ManifestContent? {
        switch try await reader.manifestAmongLayers(digest, nil, held) {
        case .manifest(let manifest): .manifest(manifest)
        case .unreadable(let why): .unreadable(why, [])
        case .somethingElse: nil
        }
    }

    /// Returns the digests that a repository links to and the quarantine holds: a manifest that
    /// cannot be understood may name them.
    private func pinned(by repository: RepositoryName, _ hoard: Hoard) async throws -> [Digest] {
        var linked: Set<Digest> = []
        for directory in [paths.layers(repository), paths.revisions(repository)] {
            for digest in try await registry.digests(below: directory) ?? [] {
                linked.formUnion(try await names(of: digest, in: repository))
            }
        }
        return linked.filter { hoard.blobs[$0] != nil }
    }
}
