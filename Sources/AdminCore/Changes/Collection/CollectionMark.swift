import Foundation

/// A mark: what of a pool is needed, to a fixpoint (docs/safety.md#2-collection). A digest is resolved at its blobs
/// path or in the quarantine.
///
/// Of a document, everything counts that any reader could take for a reference. One that cannot be read pins the
/// repositories that link to it (`pins`) and is in nobody's way. What stands in the way of believing it is collected
/// in `obstacles`; with one of them nothing may be freed or quarantined. Errors of the store as a whole are thrown.
/// Memory: the index, and one digest for each manifest.
///
/// `Manifest.edges` says what counts as a reference, as in every walk over documents. But no `ManifestTraversal` drives
/// a mark: it has no limit, more roots come in while it runs, and what it has met is its result, in the marks of the
/// index.
struct CollectionMark: Sendable {
    let registry: RegistryReader
    let options: CollectionOptions
    /// When it began: what is younger than the grace window then is left alone.
    let began: Date
    let reader: MarkReader
    /// What the pool holds.
    var index: CollectionIndex
    /// What was in the way, a sentence each.
    var obstacles: [String] = []
    /// What a person should know, a sentence each.
    var notes: [String] = []
    /// Bytes of everything needed, as far as manifests say it truthfully.
    var neededBytes: UInt64 = 0
    /// What nothing needs and is old enough, with its bytes; in the order of digests.
    var candidates: [Candidate] = []
    /// Bytes of all that nothing needs, young ones as well.
    var unneededBytes: UInt64 = 0
    /// Chunks that nothing refers to, old enough.
    var orphans: [(blob: BlobIdentifier, bytes: UInt64)] = []
    /// Chunks behind the end of what is needed, old enough; see `SurplusNotes`.
    var surplus: [SurplusChunks] = []
    /// What earlier runs have noted of such chunks.
    var surplusNotes: [BlobIdentifier: SurplusNotes.Note] = [:]
    /// Links of manifests that no tag needs; only with `untagged`.
    var untagged: [CollectionIndex.Link] = []
    /// The lines of the list of what is in use that name something here.
    var linesInUse: Set<Int> = []

    /// The names of the pool's snapshots.
    var snapshots: [String] = []

    /// Digests to be read as manifests.
    private var frontier: [Int] = []
    /// Revisions, where it is not said beforehand that all are needed.
    var revisions: [Revision] = []
    /// Needed blobs whose size no manifest says.
    var unsized: [Int] = []
    /// Needed blobs that seem to have chunks behind their end, as far as manifests say truthfully where that is.
    var overlong: [Int] = []
    var missing = 0
    /// What may be a manifest, or not: what documents name in places where the registry does not look.
    private var doubtful: [Int] = []
    /// What other digests than those below which blobs lie stand for, as repositories' links say.
    private var aliases: [Digest: Set<Digest>] = [:]
    /// By the ordinal of what an index names: the manifests that name it.
    var parents: [Int: Set<Int>] = [:]
    /// The manifests that cannot be read, with the reason.
    var unreadable: [Int: String] = [:]
    /// Links of tags that could not be read when they were met; they may have been about to be written.
    var unclear: [CollectionIndex.Link] = []
    /// The repositories that keep all that they link, each with the reasons.
    var pins: [StoragePath: Set<String>] = [:]
    var pinned: Set<StoragePath> = []
    /// What cannot be weighed, a sentence each; it stays.
    var unweighed: [String] = []

    /// A blob at its path.
    struct Candidate: Sendable {
        /// Its digest's.
        let ordinal: Int
        let bytes: UInt64
    }

    struct Revision: Sendable {
        /// The number of its link; nil if that is in the quarantine.
        let link: Int?
        let digest: Digest
        /// The manifest that it refers to (OCI), once that was read.
        var subject: Digest?
        /// True if something that it names is said to be in use.
        var isInUse = false
    }

    var storage: StorageReader { registry.storage }
    var paths: RegistryPaths { registry.paths }

    /// Marks. Throws errors of the store after which nothing more can be asked.
    static func run(
        _ registry: RegistryReader, _ options: CollectionOptions, at began: Date, progress: ProgressHandler?
    ) async throws -> CollectionMark {
        let index = try await CollectionIndex.read(registry, at: began, progress: progress)
        var mark = CollectionMark(registry: registry, options: options, began: began, index: index)
        mark.obstacles = index.obstacles
        mark.notes = index.notes
        try await mark.readAliases()
        try await mark.readRevisions()
        try await mark.readCurrentLinks()
        try await mark.readTrash()
        try await mark.follow(progress)
        try await mark.weigh(progress)
        mark.surplusNotes = try await SurplusNotes.read(mark.storage)
        let ends = try await mark.endsOfOverlong()
        try await mark.lookAgain(ends, progress)
        try await mark.follow(progress)
        mark.settle()
        // A deleted pool answers "no such object" to everything.
        mark.snapshots = try await mark.storage.objects.status().snapshots ?? []
        return mark
    }

    private init(registry: RegistryReader, options: CollectionOptions, began: Date, index: CollectionIndex) {
        let cutoff = began.addingTimeInterval(-options.grace)
        reader = MarkReader(
            registry: registry, cutoff: cutoff,
            writing: options.caches == .offline ? began : began.addingTimeInterval(-MarkReader.longestWrite))
        self.registry = registry
        self.options = options
        self.began = began
        self.index = index
    }

    // MARK: - Needing

    /// A digest is needed. `declared`: its bytes, if a manifest says them.
    mutating func need(_ digest: Digest, declared: UInt64? = nil) {
        for name in names(of: digest) { needOne(name, declared: declared) }
    }

    /// What a digest may stand for: itself, and what repositories' links say.
    private func names(of digest: Digest) -> [Digest] { [digest] + (aliases[digest] ?? []) }

    private mutating func needOne(_ digest: Digest, declared: UInt64?) {
        let ordinal = index.ordinal(digest)
        guard !index.marks[ordinal].contains(.needed) else { return }
        index.marks[ordinal].insert(.needed)
        guard index.blob(at: ordinal) != nil else { return }
        // A manifest may say anything: where it does not fit the chunks that are there, they are asked.
        if let declared, declared > 0, storage.chunkCount(ofBytes: declared) == index.chunkCount(at: ordinal) {
            neededBytes = addingCapped(neededBytes, declared)
            if index.hasChunk(at: ordinal, behind: storage.chunkCount(ofBytes: declared)) { overlong.append(ordinal) }
        } else {
            unsized.append(ordinal)
        }
    }

    /// A digest is needed, and so is whatever it names as a manifest.
    mutating func needManifest(_ digest: Digest) {
        for name in names(of: digest) {
            needOne(name, declared: nil)
            let ordinal = index.ordinal(name)
            guard !index.marks[ordinal].contains(.followed) else { continue }
            index.marks[ordinal].insert(.followed)
            frontier.append(ordinal)
        }
    }

    /// A digest is needed, and if it is a manifest, so is whatever that names.
    mutating func needWhatever(_ digest: Digest, declared: UInt64? = nil) {
        for name in names(of: digest) {
            needOne(name, declared: declared)
            let ordinal = index.ordinal(name)
            if !index.marks[ordinal].contains(.followed) { doubtful.append(ordinal) }
        }
    }

    // MARK: - Roots

    /// What blobs are called by other digests.
    private mutating func readAliases() async throws {
        for (link, finding) in zip(index.aliases, try await reader.read(index.aliases)) {
            guard case .layer(let digest) = link.file else { continue }
            if let obstacle = finding.obstacle { pin(link.path.path, "\(link.path.path) \(obstacle)") }
            if let said = finding.digest, said != digest { aliases[digest, default: []].insert(said) }
        }
        // Chains of them, whatever they are made of, end where nothing new is said.
        aliases = aliases.mapValues { said in
            var (all, open) = (said, Array(said))
            while let next = open.popLast() {
                for further in aliases[next] ?? [] where all.insert(further).inserted { open.append(further) }
            }
            return all
        }
    }

    /// All manifests are roots; with `untagged` those that are young, and what tags need.
    private mutating func readRevisions() async throws {
        for wave in waves(index.revisions.count) {
            let links = wave.map { index.revisions[$0] }
            for (number, (link, finding)) in zip(wave, zip(links, try await reader.read(links))) {
                guard case .revision(let digest) = link.file else { continue }
                if let obstacle = finding.obstacle { pin(link.path.path, "\(link.path.path) \(obstacle)") }
                if keepsRevisions { revisions.append(Revision(link: number, digest: digest)) }
                let isInUse = notesUse(of: [digest], link)
                guard !options.untagged || finding.isYoung || isInUse else { continue }
                needManifest(digest)
                if let said = finding.digest, said != digest { needManifest(said) }
            }
        }
        // No roots, but they come back with the manifest that they refer to.
        revisions += index.heldRevisions.map { Revision(link: nil, digest: $0) }
    }

    /// Whether some revisions are needed only for what others are.
    private var keepsRevisions: Bool { options.untagged || !index.heldRevisions.isEmpty }

    /// Parts of a long list: the answers about all of it are never held at once.
    func waves(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: 4096).map { $0..<min($0 + 4096, count) }
    }

    private mutating func readCurrentLinks() async throws {
        for wave in waves(index.currentLinks.count) {
            let links = wave.map { index.currentLinks[$0] }
            for (link, finding) in zip(links, try await reader.read(links)) {
                // A registry writes the key before the digest: what cannot be read now is read once more.
                guard let digest = finding.digest else {
                    unclear.append(link)
                    continue
                }
                _ = notesUse(of: [digest], link)
                needManifest(digest)
            }
        }
    }

    /// What was deleted can come back.
    private mutating func readTrash() async throws {
        var naming: [CollectionIndex.Link] = []
        for link in index.trashed {
            switch link.file {
            case .revision(let digest):
                needManifest(digest)
                naming.append(link)
            case .currentLink, .tagIndex: naming.append(link)
            case .layer(let digest), .signature(let digest, _), .blob(let digest): need(digest)
            // Only its own chunks, whatever is left of them.
            case .upload: break
            }
        }
        for (link, finding) in zip(naming, try await reader.read(naming)) {
            if let obstacle = finding.obstacle { pin(link.path.path, "\(link.path.path) in the trash \(obstacle)") }
            if let said = finding.digest { needManifest(said) }
        }
    }

    // MARK: - Following

    /// What everything needed names, to a fixpoint.
    private mutating func follow(_ progress: ProgressHandler?) async throws {
        // Most manifests are needed, and most of them by a revision of one repository.
        let counter = ProgressCounter(
            phase: "reading manifests", total: UInt64(index.revisions.count), handler: progress)
        repeat {
            while !frontier.isEmpty || !doubtful.isEmpty {
                let wave = Array(frontier.suffix(4096))
                frontier.removeLast(wave.count)
                for (ordinal, finding) in try await readManifests(wave) { take(finding, of: ordinal) }
                counter.advance(by: UInt64(wave.count))
                try await readDoubtful()
            }
            if keepsRevisions { try await keepRevisions() }
            if frontier.isEmpty { try await keepPinned() }
        } while !frontier.isEmpty || !doubtful.isEmpty
    }

    /// Follows what turns out to be a manifest of what may be one.
    private mutating func readDoubtful() async throws {
        let wave = Array(Set(doubtful)).filter { !index.marks[$0].contains(.followed) }
        doubtful = []
        for start in stride(from: 0, to: wave.count, by: 4096) {
            let sought = wave[start..<min(start + 4096, wave.count)].map { ordinal in
                (ordinal, index.digests.keys[ordinal], index.blob(at: ordinal), index.heldBlob(at: ordinal))
            }
            let found = try await concurrentMap(sought, window: storage.window) {
                [reader] ordinal, digest, placed, held in
                (ordinal, try await reader.manifestAmongLayers(digest, placed, held))
            }
            for (ordinal, content) in found {
                switch content {
                case .somethingElse: continue
                case .unreadable(let why):
                    unreadable[ordinal] = why
                    index.marks[ordinal].insert(.unclear)
                case .manifest(let manifest):
                    index.marks[ordinal].insert(.followed)
                    take(.manifest(manifest), of: ordinal)
                }
            }
        }
    }

    func readManifests(_ ordinals: [Int]) async throws -> [(Int, MarkReader.ManifestContent)] {
        let sought = ordinals.map { ordinal in
            (ordinal, index.digests.keys[ordinal], index.blob(at: ordinal), index.heldBlob(at: ordinal))
        }
        return try await concurrentMap(sought, window: storage.window) { ordinal, digest, placed, held in
            let content = try await reader.naming {
                MarkReader.ManifestContent.unreadable("\($0)", [])
            } reading: {
                try await reader.manifest(digest, placed, held)
            }
            return (ordinal, content)
        }
    }

    mutating func take(_ content: MarkReader.ManifestContent, of ordinal: Int) {
        let digest = index.digests.keys[ordinal]
        for signature in index.signatures[digest] ?? [] { need(signature) }
        switch content {
        case .missing:
            missing += 1
            index.marks[ordinal].insert(.unclear)
        case .unreadable(let why, let references):
            unreadable[ordinal] = why
            index.marks[ordinal].insert(.unclear)
            for reference in references { needWhatever(reference) }
        case .manifest(let manifest):
            for edge in manifest.edges {
                switch edge.need {
                case .blob: need(edge.digest, declared: edge.size)
                case .either: needWhatever(edge.digest, declared: edge.size)
                case .manifest: needManifest(edge.digest)
                }
                if edge.kind == .manifest { parents[index.ordinal(edge.digest), default: []].insert(ordinal) }
            }
        }
    }

    /// Manifests without a tag that are needed all the same: children of indexes, and referrers of what is kept.
    private mutating func keepRevisions() async throws {
        let unread = revisions.indices.filter {
            revisions[$0].subject == nil && !index.isNeeded(revisions[$0].digest)
        }
        for wave in referrersAreRead ? [] : waves(unread.count) {
            let numbers = unread[wave]
            let ordinals = numbers.map { index.ordinal(revisions[$0].digest) }
            for (number, (_, content)) in zip(numbers, try await readManifests(ordinals)) {
                switch content {
                case .manifest(let manifest):
                    revisions[number].subject = manifest.subject?.digest
                    // Whoever pulled a part of an index pulled it by the index.
                    let parts = manifest.manifests.map(\.digest) + (manifest.config.map { [$0.digest] } ?? [])
                    if let link = revisions[number].link {
                        revisions[number].isInUse = notesUse(of: parts, index.revisions[link])
                    }
                case .missing: break
                // It may refer to something that is kept.
                case .unreadable: needManifest(revisions[number].digest)
                }
            }
        }
        referrersAreRead = true
        for revision in revisions {
            if revision.isInUse || index.isNeeded(revision.digest) {
                needManifest(revision.digest)
            } else if let subject = revision.subject, index.isNeeded(subject) {
                needManifest(revision.digest)
            }
        }
    }

    private var referrersAreRead = false
}
