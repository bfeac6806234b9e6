import ObjectStore
import Registry
import StorageDriver
import Foundation

/// A mark: finds the needed content of a pool, to a fixpoint (docs/safety.md#2-collection). A
/// digest is resolved at its blobs path or in the quarantine.
///
/// Everything in a document that any reader could take for a reference counts as one. A document
/// that cannot be read pins the repositories that link to it (`pins`) and blocks nothing. Reasons
/// not to believe the mark are collected in `obstacles`; if there is one, nothing may be freed or
/// quarantined. Errors of the store as a whole are thrown. Memory: the index, and one digest for
/// each manifest.
///
/// `Manifest.edges` defines the references, as in every walk over documents. But a mark uses no
/// `ManifestTraversal`: it has no limit, more roots are added while it runs, and its result, the
/// marks of the index, records the visited digests.
struct CollectionMark: Sendable {
    let registry: RegistryReader
    let options: CollectionOptions
    /// The time at which it began: content within the grace window before it is left alone.
    let began: Date
    let reader: MarkReader
    /// The blobs, references and links of the pool.
    var index: CollectionIndex
    /// The sizes and ages of its blobs.
    private(set) var weights: BlobWeights
    /// Reasons not to believe the mark, a sentence each.
    var obstacles: [String] = []
    /// Notes for a person, a sentence each.
    var notes: [String] = []
    /// The notes of earlier runs about chunks behind the end of blobs.
    var surplusNotes: [BlobIdentifier: SurplusNotes.Note] = [:]
    /// Links of manifests that no tag needs; only with `untagged`.
    var untagged: [CollectionIndex.Link] = []
    /// The lines of the list of images in use that name something in this registry.
    private var linesInUse: Set<Int> = []

    /// The names of the pool's snapshots.
    var snapshots: [String] = []

    /// True after the blobs were weighed.
    private var isWeighed = false
    /// True after the subjects of all revisions were read.
    private var referrersAreRead = false
    /// Digests to be read as manifests.
    private var frontier: [Int] = []
    /// Revisions that are not all needed from the start.
    private var revisions: [Revision] = []
    private var missing = 0
    /// Digests that may be manifests: documents name them in fields that the registry does not
    /// read.
    private var doubtful: [Int] = []
    /// Other names of blobs: the digests that links of repositories hold, by the digest in their
    /// path.
    private var aliases: [Digest: Set<Digest>] = [:]
    /// The manifests that name a manifest, by its ordinal.
    private var parents: [Int: Set<Int>] = [:]
    /// The manifests that cannot be read, with the reason.
    private var unreadable: [Int: String] = [:]
    /// Links of tags that could not be read at first; a registry may have been writing them.
    private var unclear: [CollectionIndex.Link] = []
    /// The repositories that keep everything to which they link, each with the reasons.
    private var pins: [StoragePath: Set<String>] = [:]
    private var pinned: Set<StoragePath> = []

    struct Revision: Sendable {
        /// The number of its link; nil if the link is in the quarantine.
        let link: Int?
        let digest: Digest
        /// The manifest that it refers to (OCI), after the revision was read.
        var subject: Digest?
        /// True if the list of images in use has something that it names.
        var isInUse = false
    }

    var storage: StorageReader { registry.storage }
    var paths: RegistryPaths { registry.paths }

    /// Makes a mark. Throws errors that concern the store as a whole.
    static func run(
        _ registry: RegistryReader, _ options: CollectionOptions, at began: Date, progress: ProgressHandler?
    ) async throws -> CollectionMark {
        let index = try await PoolReading.read(registry, at: began, progress: progress)
        var mark = CollectionMark(registry: registry, options: options, began: began, index: index)
        mark.obstacles = index.obstacles
        mark.notes = index.notes
        try await mark.readAliases()
        try await mark.readRevisions()
        try await mark.readCurrentLinks()
        try await mark.readTrash()
        try await mark.follow(progress)
        try await mark.weights.weigh(&mark.index, progress)
        mark.isWeighed = true
        mark.surplusNotes = try await SurplusNotes.read(mark.storage)
        let ends = try await mark.weights.endsOfOverlong(mark.index)
        try await mark.lookAgain(ends, progress)
        try await mark.follow(progress)
        mark.settle()
        // In a deleted pool, every read answers "no such object".
        mark.snapshots = try await mark.storage.objects.status().snapshots ?? []
        return mark
    }

    private init(registry: RegistryReader, options: CollectionOptions, began: Date, index: CollectionIndex) {
        let cutoff = began.addingTimeInterval(-options.grace)
        reader = MarkReader(
            registry: registry, cutoff: cutoff,
            writing: options.caches == .offline ? began : began.addingTimeInterval(-MarkReader.longestWrite))
        weights = BlobWeights(reader: reader, batch: options.batch)
        self.registry = registry
        self.options = options
        self.began = began
        self.index = index
    }

    // MARK: - Needing

    /// Marks a digest as needed. `declared`: its bytes, if a manifest says them.
    private mutating func need(_ digest: Digest, declared: UInt64? = nil) {
        for name in names(of: digest) {
            needOne(name)
            weigh(index.ordinal(name), declared)
        }
    }

    /// The digests that a digest may stand for: itself, and those in links of repositories.
    private func names(of digest: Digest) -> [Digest] { [digest] + (aliases[digest] ?? []) }

    private mutating func needOne(_ digest: Digest) {
        index.marks[index.ordinal(digest)].insert(.needed)
    }

    /// Counts the bytes of a needed blob once: those that a manifest declares, or those of a
    /// manifest that was read.
    private mutating func weigh(_ ordinal: Int, _ bytes: UInt64?) {
        guard !index.marks[ordinal].contains(.weighed) else { return }
        index.marks[ordinal].insert(.weighed)
        if index.blob(at: ordinal) != nil { weights.add(ordinal, declared: bytes, in: index) }
    }

    /// Marks a digest as needed, with everything that it names as a manifest. It is weighed when it
    /// is read.
    private mutating func needManifest(_ digest: Digest) {
        for name in names(of: digest) {
            needOne(name)
            let ordinal = index.ordinal(name)
            guard !index.marks[ordinal].contains(.followed) else { continue }
            index.marks[ordinal].insert(.followed)
            frontier.append(ordinal)
        }
    }

    /// Marks a digest as needed. If it is a manifest, also marks everything that it names.
    private mutating func needWhatever(_ digest: Digest, declared: UInt64? = nil) {
        for name in names(of: digest) {
            needOne(name)
            let ordinal = index.ordinal(name)
            weigh(ordinal, declared)
            if !index.marks[ordinal].contains(.followed) { doubtful.append(ordinal) }
        }
    }

    // MARK: - Roots

    /// Reads the other names of blobs.
    private mutating func readAliases() async throws {
        for (link, finding) in zip(index.aliases, try await reader.read(index.aliases)) {
            guard case .layer(let digest) = link.file else { continue }
            if let obstacle = finding.obstacle { pin(link.path.path, "\(link.path.path) \(obstacle)") }
            if let said = finding.digest, said != digest { aliases[digest, default: []].insert(said) }
        }
        // Follows chains of names until there is no new one.
        aliases = aliases.mapValues { said in
            var (all, open) = (said, Array(said))
            while let next = open.popLast() {
                for further in aliases[next] ?? [] where all.insert(further).inserted { open.append(further) }
            }
            return all
        }
    }

    /// Marks manifests as roots: all of them, or with `untagged` the young ones and those in use.
    private mutating func readRevisions() async throws {
        for wave in reader.waves(index.revisions.count) {
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
        // These are no roots, but they are restored with the manifest that they refer to.
        revisions += index.heldRevisions.map { Revision(link: nil, digest: $0) }
    }

    /// True if some revisions are only needed because others are.
    private var keepsRevisions: Bool { options.untagged || !index.heldRevisions.isEmpty }

    private mutating func readCurrentLinks() async throws {
        for wave in reader.waves(index.currentLinks.count) {
            let links = wave.map { index.currentLinks[$0] }
            for (link, finding) in zip(links, try await reader.read(links)) {
                // A registry writes the key before the digest: an unreadable link is read once more
                // later.
                guard let digest = finding.digest else {
                    unclear.append(link)
                    continue
                }
                _ = notesUse(of: [digest], link)
                needManifest(digest)
            }
        }
    }

    /// Marks the content of the trash, which can be restored.
    private mutating func readTrash() async throws {
        var naming: [CollectionIndex.Link] = []
        for link in index.trashed {
            switch link.file {
            case .revision(let digest):
                needManifest(digest)
                naming.append(link)
            case .currentLink, .tagIndex: naming.append(link)
            case .layer(let digest), .signature(let digest, _), .blob(let digest): need(digest)
            // An upload needs only its own chunks.
            case .upload: break
            }
        }
        for (link, finding) in zip(naming, try await reader.read(naming)) {
            if let obstacle = finding.obstacle { pin(link.path.path, "\(link.path.path) in the trash \(obstacle)") }
            if let said = finding.digest { needManifest(said) }
        }
    }

    // MARK: - Following

    /// Marks everything that needed manifests name, to a fixpoint.
    private mutating func follow(_ progress: ProgressHandler?) async throws {
        // Most manifests are needed, and most of them by a revision of one repository.
        let counter = ProgressCounter(
            phase: "reading manifests", total: UInt64(index.revisions.count), handler: progress)
        repeat {
            while !frontier.isEmpty || !doubtful.isEmpty {
                let wave = Array(frontier.suffix(4096))
                frontier.removeLast(wave.count)
                for (ordinal, content, bytes) in try await readManifests(wave) {
                    // Bytes of content that turns out to be needed after the weighing are counted
                    // already, as those of unneeded content.
                    if !isWeighed { weigh(ordinal, bytes) }
                    take(content, of: ordinal)
                }
                counter.advance(by: UInt64(wave.count))
                try await readDoubtful()
            }
            if keepsRevisions { try await keepRevisions() }
            if frontier.isEmpty { try await keepPinned() }
        } while !frontier.isEmpty || !doubtful.isEmpty
    }

    /// Follows the digests that turn out to be manifests.
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

    private func readManifests(
        _ ordinals: [Int]
    ) async throws -> [(ordinal: Int, content: MarkReader.ManifestContent, bytes: UInt64?)] {
        let sought = ordinals.map { ordinal in
            (ordinal, index.digests.keys[ordinal], index.blob(at: ordinal), index.heldBlob(at: ordinal))
        }
        return try await concurrentMap(sought, window: storage.window) { ordinal, digest, placed, held in
            let (content, bytes) = try await reader.naming {
                (MarkReader.ManifestContent.unreadable("\($0)", []), nil)
            } reading: {
                try await reader.measured(digest, placed, held)
            }
            return (ordinal, content, bytes)
        }
    }

    private mutating func take(_ content: MarkReader.ManifestContent, of ordinal: Int) {
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

    /// Marks manifests without a tag that are needed for another reason: parts of indexes, and
    /// referrers of manifests that are kept.
    private mutating func keepRevisions() async throws {
        let unread = revisions.indices.filter {
            revisions[$0].subject == nil && !index.isNeeded(revisions[$0].digest)
        }
        for wave in referrersAreRead ? [] : reader.waves(unread.count) {
            let numbers = unread[wave]
            let ordinals = numbers.map { index.ordinal(revisions[$0].digest) }
            for (number, manifest) in zip(numbers, try await readManifests(ordinals)) {
                switch manifest.content {
                case .manifest(let manifest):
                    revisions[number].subject = manifest.subject?.digest
                    // Clients pull a part of an index through the index.
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

    /// Records the lines of the list of images in use that name one of these manifests, or the tag
    /// of this link. True if there is one.
    private mutating func notesUse(of digests: [Digest], _ link: CollectionIndex.Link) -> Bool {
        guard let list = options.inUse, let name = paths.repositoryName(of: link.path.path) else { return false }
        let lines =
            if case .currentLink(let tag) = link.file {
                list.lines(keeping: tag, of: name, naming: digests)
            } else {
                list.lines(keeping: digests, of: name)
            }
        linesInUse.formUnion(lines)
        return !lines.isEmpty
    }

    // MARK: - Pins

    /// Pins the repository of a link: everything that it links to is needed.
    private mutating func pin(_ link: StoragePath, _ reason: String) {
        guard let repository = paths.repositoryName(of: link) else { return }
        pins[paths.repository(repository), default: []].insert(reason)
    }

    /// Marks everything that pinned repositories link to.
    private mutating func keepPinned() async throws {
        try await readUnclear()
        try await pinUnreadable()
        let new = Set(pins.keys).subtracting(pinned)
        guard !new.isEmpty else { return }
        pinned.formUnion(new)
        for file in try await PinSearch(reader: reader).links(of: new) {
            switch file {
            case .revision(let digest), .tagIndex(let digest): needManifest(digest)
            case .layer(let digest), .signature(let digest, _): needWhatever(digest)
            case .blob, .currentLink, .upload: break
            }
        }
    }

    /// Reads the unreadable links of tags once more: by now they may have been written.
    private mutating func readUnclear() async throws {
        let links = unclear
        unclear = []
        for (link, finding) in zip(links, try await reader.read(links)) {
            if let digest = finding.digest {
                needManifest(digest)
            } else if finding.obstacle != nil || !finding.isYoung || finding.isBeingWritten,
                let tag = paths.reference(of: link.path.path)
            {
                pin(
                    link.path.path,
                    finding.isBeingWritten
                        ? "the tag \(tag) names no digest, and may just be being written"
                        : "the tag \(tag) \(finding.obstacle ?? "names no digest"); `regtop rm \(tag)` removes it")
            }
        }
    }

    /// Reads the unreadable manifests once more: by now they may have been written. Returns the
    /// unreadable ones that a registry may still be writing.
    private mutating func readUnreadable() async throws -> Set<Int> {
        for (ordinal, content, _) in try await readManifests(Array(unreadable.keys)) {
            guard case .manifest = content else { continue }
            unreadable[ordinal] = nil
            index.marks[ordinal].insert(.followed)
            index.marks[ordinal].remove(.unclear)
            take(content, of: ordinal)
        }
        let young = try await concurrentMap(Array(unreadable.keys), window: storage.window) {
            [storage, paths, reader, digests = index.digests] ordinal -> Int? in
            let path = paths.blob(digests.keys[ordinal])
            guard case .file(let blob)? = try await storage.entry(path)?.kind else { return nil }
            let isYoung = try await reader.naming { _ in
                false
            } reading: {
                try await reader.isBeingWritten(blob, path)
            }
            return isYoung ? ordinal : nil
        }
        return Set(young.compactMap(\.self))
    }

    /// Pins the repositories that link to manifests which cannot be read, or to an index that names
    /// one.
    private mutating func pinUnreadable() async throws {
        guard !unreadable.isEmpty else { return }
        let young = try await readUnreadable()
        guard !unreadable.isEmpty else { return }
        let found = try await PinSearch(reader: reader).reasons(
            for: unreadable, young: young, named: parents, in: index)
        pins.merge(found) { $0.union($1) }
        unreadable = [:]
    }

    // MARK: - The end

    /// Bytes that the pool holds of an identifier: the same number whether the content is noted,
    /// taken or freed.
    func heldBytes(of blob: BlobIdentifier) async throws -> UInt64 {
        try await storage.heldBytes(of: blob, through: index.lastChunk(of: blob))
    }

    /// Looks for links that pushes made during the mark: young links to layers, and young links in
    /// the indexes of tags, keep content that nothing else keeps. Makes one more enumeration, and
    /// reads only links to candidates. The enumeration also finds chunks that nothing refers to,
    /// and chunks behind the ends of files.
    private mutating func lookAgain(_ ends: [BlobIdentifier: FileEnd], _ progress: ProgressHandler?) async throws {
        let hasCandidates = index.marks.contains { $0.contains(.candidate) }
        guard index.hasOrphans || hasCandidates || !ends.isEmpty else { return }
        let scan = try await PoolScan(
            storage.objects, .namespace(""), phase: "looking for young links", progress: progress)
        let found = SecondLook()
        // Registry 2.1.0 linked manifests among the layers: an unneeded blob may be one, whatever
        // its age.
        let manifests = Memo<Digest, MarkReader.Among> { [index, reader] digest in
            guard let ordinal = index.digests.ordinal(of: digest) else { return .somethingElse }
            let (placed, held) = (index.blob(at: ordinal), index.heldBlob(at: ordinal))
            guard placed != nil || held != nil else { return .somethingElse }
            return try await reader.manifestAmongLayers(digest, placed, held)
        }
        try await scan.forEachPage { [index, reader, storage] page in
            let met = try await concurrentMap(page, window: scan.window) { object -> SecondLook.Finding? in
                if let (blob, number) = BlobIdentifier.parse(chunkName: object.name) {
                    let isSurplus = ends[blob].map { number > 0 && UInt64(number) >= $0.chunks } ?? false
                    guard isSurplus || index.isOrphan(blob),
                        let chunk = try await storage.objects.read(.stat, of: object)
                    else { return nil }
                    let stray = SecondLook.Stray(bytes: chunk.size, isYoung: reader.isYoung(chunk.modified))
                    return isSurplus ? .surplus(blob, stray) : .orphan(blob, stray)
                }
                return try await reader.lateLink(in: object, index, manifests: manifests)
            }
            await found.add(met.compactMap(\.self))
        }
        for digest in await found.layers { need(digest) }
        for digest in await found.manifests { needManifest(digest) }
        for (link, why) in await found.unreadable { pin(link, "\(link) leads to a blob that cannot be read: \(why)") }
        await weights.add(found, ends)
    }

    /// Computes the results, after everything needed is known.
    private mutating func settle() {
        if options.untagged {
            untagged = revisions.filter { !index.isNeeded($0.digest) }.compactMap {
                $0.link.map { index.revisions[$0] }
            }
        }
        if let list = options.inUse { notes.append(list.report(linesInUse)) }
        if missing > 0 {
            notes.append(
                "\(missing) manifests that something names are not there; nobody knows what they named")
        }
        for (repository, reasons) in pins.sorted(by: { $0.key < $1.key }) {
            guard let name = paths.repository(at: repository) else { continue }
            let more = reasons.count > 1 ? " (and \(reasons.count - 1) more like it)" : ""
            notes.append("everything that \(name) links to is kept: \(reasons.min() ?? "")\(more)")
        }
        notes += weights.settle(index)
    }
}
