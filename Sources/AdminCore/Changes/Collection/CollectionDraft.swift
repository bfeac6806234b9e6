import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Turns the result of a mark into a `CollectionPlan`.
struct CollectionDraft: Sendable {
    /// The note about quarantined blobs that are due but must not be freed yet.
    static let askForCaches =
        "nothing is freed unless --cache-flushed, --no-cache or --offline says what the registries remember"

    /// A delay below this, in seconds, is shorter than usual pushes.
    private static let shortDelay: TimeInterval = 3600

    let mark: CollectionMark
    let isProven: Bool
    let hasMoved: Bool
    let clock: WallClock
    /// Obstacles to taking and freeing, a sentence each.
    private(set) var obstacles: [String]

    private var notes: [String]
    private var parts: [CollectionPlan.Part] = []
    private var pending: [Date] = []

    private var options: CollectionOptions { mark.options }
    private var paths: RegistryPaths { mark.paths }
    private var storage: StorageReader { mark.storage }

    /// `hasMoved`: true if references moved during the mark, which is void then.
    init(mark: CollectionMark, isProven: Bool, hasMoved: Bool, clock: WallClock) {
        self.mark = mark
        self.isProven = isProven
        self.hasMoved = hasMoved
        self.clock = clock
        obstacles = mark.obstacles
        notes = mark.notes
        if hasMoved { obstacles.append("references were moved by another regtop during the mark: begin again") }
    }

    /// Returns the plan.
    mutating func plan() async throws -> CollectionPlan {
        let id = TrashID.make(count: 1, at: mark.began).first?.string ?? "gc"
        if mark.index.isPullThroughCache {
            notes.append("this pool is that of \(PullThroughCache.sentence)")
        }
        planMending()
        var freed: [CollectionPlan.Part] = []
        // The newer one of two copies is restored.
        for quarantine in mark.index.quarantines.sorted(by: { $0.path > $1.path }) {
            if let part = try await planRestoring(quarantine) { freed.append(part) }
        }
        var taken = try await blobParts(id) + linkParts(id) + uploadParts(id) + orphanParts(id)
        let (watched, trimmed) = surplusParts()
        taken += watched
        freed += trimmed
        checkShare(of: taken, freed)
        if !obstacles.isEmpty { (taken, freed) = ([], []) }
        if options.caches == .offline, !taken.isEmpty {
            taken.append(part(.finish, id, items: taken.flatMap(\.items)))
        } else if taken.contains(where: { $0.work == .quarantine }) {
            taken.append(part(.look, CollectionPlan.Part.forPushes, items: []))
        }
        parts += freed + taken
        return CollectionPlan(
            parts: parts, markBegan: mark.began, options: options, obstacles: obstacles,
            pending: pending.min(), impact: impact(taken, freed), notes: notes(taken, freed),
            youngBytes: mark.weights.youngBytes, isProven: isProven, clock: clock,
            look: isProven && options.caches != .offline
                ? RestoringLook(mark, hasMoved: hasMoved, parts) : RestoringLook())
    }

    private func part(
        _ work: CollectionPlan.Part.Work, _ holding: String, since: Date? = nil, items: [CollectionPlan.Item],
        emptiesDirectories: Bool = false
    ) -> CollectionPlan.Part {
        CollectionPlan.Part(
            work: work, holding: holding, since: since, items: items, emptiesDirectories: emptiesDirectories)
    }

    // MARK: - The quarantine

    /// Plans to restore the needed things of a holding. Returns the part that frees the rest, if
    /// that is due.
    private mutating func planRestoring(
        _ quarantine: CollectionIndex.Quarantine
    ) async throws -> CollectionPlan.Part? {
        let holding = quarantine.path.name
        guard let since = quarantine.note?.unlinked else {
            parts.append(part(.date, holding, items: []))
            return nil
        }
        let entries = quarantine.entries.filter { $0.claim == nil }
        let back = entries.filter(isNeeded)
        let others = entries.filter { !isNeeded($0) }
        let draft = self
        let last = try await concurrentMap(others, window: storage.window) { try await draft.lastCopy($0) }
        obstacles += last.compactMap { if case .kept(let obstacle?) = $0 { obstacle } else { nil } }
        let rest = zip(others, last).filter { $0.1 == .unneeded }.map(\.0)
        if !back.isEmpty { parts.append(part(.restore, holding, since: since, items: try await items(back))) }
        if rest.isEmpty { return nil }
        let isDue = isDue(since: since)
        guard isDue, options.caches != .unknown else {
            pending.append(since.addingTimeInterval(options.effectiveDelay))
            if isDue {
                notes.append("\(holding) is due; \(Self.askForCaches)")
            }
            return nil
        }
        return part(.free, holding, since: since, items: try await items(rest))
    }

    /// True if the mark began after the delay of things that were taken, or noted, at a moment.
    private func isDue(since moment: Date) -> Bool {
        options.effectiveDelay == 0 || moment.addingTimeInterval(options.effectiveDelay) <= mark.began
    }

    /// True if a thing in the quarantine has to be restored. If a newer one is at its place by now,
    /// it is not needed.
    private func isNeeded(_ entry: Holding.Entry) -> Bool {
        switch paths.file(at: entry.origin) {
        case .blob(let digest):
            guard let ordinal = mark.index.digests.ordinal(of: digest) else { return false }
            return mark.index.marks[ordinal].contains(.needed) && mark.index.blob(at: ordinal) == nil
        case .revision(let digest), .signature(_, let digest): return mark.index.isNeeded(digest)
        default: return false
        }
    }

    private enum Copy: Hashable, Sendable {
        /// Nothing needs it, or the copy at its place has the same content.
        case unneeded
        /// It may be the only copy. Holds the obstacle; nil if a registry may be writing the copy
        /// at its place.
        case kept(String?)
    }

    /// Returns whether a thing may be the only copy although a newer one is at its place.
    private func lastCopy(_ entry: Holding.Entry) async throws -> Copy {
        guard case .blob(let digest) = paths.file(at: entry.origin),
            let ordinal = mark.index.digests.ordinal(of: digest),
            mark.index.marks[ordinal].contains(.needed), let newer = mark.index.blob(at: ordinal)
        else { return .unneeded }
        let head = try await storage.head(of: newer)
        // fsck reports other damage. A purge by a registry leaves damage of this kind. Both copies
        // of the empty blob have the same content.
        guard head.sizeOrLength == 0, BlobFinding(head, of: digest).state != .ok,
            head.state != .empty || !BlobFinding.emptyDigests.contains(digest.string)
        else { return .unneeded }
        if try await mark.reader.isBeingWritten(newer, entry.origin) { return .kept(nil) }
        return .kept(
            "\(entry.origin) has lost its content, and another copy of it is in the quarantine: `regtop fsck --repair` lets it come back"
        )
    }

    private func items(_ entries: [Holding.Entry]) async throws -> [CollectionPlan.Item] {
        try await concurrentMap(entries, window: storage.window) { entry in
            let bytes = try await mark.heldBytes(of: entry.blob)
            guard case .blob(let digest) = paths.file(at: entry.origin) else {
                return CollectionPlan.Item(origin: entry.origin, blob: entry.blob, bytes: bytes)
            }
            return CollectionPlan.Item(digest, in: paths, blob: entry.blob, bytes: bytes)
        }
    }

    // MARK: - Taking

    /// Divides things into parts. `items` makes the items of a range, so that each of a million is
    /// made once.
    private func parts(
        _ work: CollectionPlan.Part.Work, _ id: String, of count: Int, emptiesDirectories: Bool = false,
        items: (Range<Int>) -> [CollectionPlan.Item]
    ) -> [CollectionPlan.Part] {
        stride(from: 0, to: count, by: options.batch).map { start in
            part(
                work, start == 0 ? id : "\(id)-\(start / options.batch + 1)",
                items: items(start..<min(start + options.batch, count)), emptiesDirectories: emptiesDirectories)
        }
    }

    private func parts(
        _ work: CollectionPlan.Part.Work, _ id: String, _ items: [CollectionPlan.Item], emptiesDirectories: Bool = false
    ) -> [CollectionPlan.Part] {
        parts(work, id, of: items.count, emptiesDirectories: emptiesDirectories) { Array(items[$0]) }
    }

    private func blobParts(_ id: String) -> [CollectionPlan.Part] {
        parts(.quarantine, id, of: mark.weights.candidates.count) { range in
            mark.weights.candidates[range].compactMap { candidate in
                mark.index.blob(at: candidate.ordinal).map {
                    CollectionPlan.Item(
                        mark.index.digests.keys[candidate.ordinal], in: paths, blob: $0, bytes: candidate.bytes)
                }
            }
        }
    }

    /// Returns parts with the links of manifests that no tag needs, and of their signatures.
    private func linkParts(_ id: String) async throws -> [CollectionPlan.Part] {
        let links = try await concurrentMap(mark.untagged, window: storage.window) { link in
            try await storage.walk(link.path.path.parent).compactMap(\.file)
        }.flatMap(\.self)
        let unshared = links.filter { !mark.index.isReferredTwice($0.blob) }
        let items = try await concurrentMap(unshared, window: storage.window) {
            CollectionPlan.Item(origin: $0.path, blob: $0.blob, bytes: try await mark.heldBytes(of: $0.blob))
        }
        return parts(.quarantine, "\(id)-links", items)
    }

    private func uploadParts(_ id: String) async throws -> [CollectionPlan.Part] {
        guard let age = options.uploadsOlderThan else { return [] }
        let cutoff = mark.began.addingTimeInterval(-age)
        let uploads = Dictionary(grouping: mark.index.uploads, by: \.directory).sorted { $0.key < $1.key }
        let old = try await concurrentMap(uploads, window: storage.window) { _, files -> [CollectionPlan.Item] in
            var items: [CollectionPlan.Item] = []
            for file in files {
                let head = try await storage.head(of: file.blob)
                guard try await !isWritten(file.path, file.blob, head, after: cutoff) else { return [] }
                items.append(
                    CollectionPlan.Item(
                        origin: file.path, blob: file.blob, bytes: try await mark.heldBytes(of: file.blob)))
            }
            return items
        }
        let items = old.flatMap(\.self).filter { !mark.index.isReferredTwice($0.blob) }
        return parts(.quarantine, "\(id)-uploads", items, emptiesDirectories: true)
    }

    /// True if a file of an upload was written after a moment: by the date of its first chunk, or
    /// by the date in its content.
    private func isWritten(
        _ path: StoragePath, _ blob: BlobIdentifier, _ head: FileHead, after cutoff: Date
    ) async throws -> Bool {
        var modified = head.modified
        if modified == nil {
            modified = try await storage.objects.read(.stat, of: StorageReader.directory(path.parent))?.modified
        }
        guard let modified, modified <= cutoff else { return true }
        guard path.name == "startedat", head.state == .sound else { return false }
        let text = try await storage.file(blob, at: path, limit: 64).data
        return Timestamp.made(String(decoding: text, as: UTF8.self)).map { $0 > cutoff } ?? false
    }

    private func orphanParts(_ id: String) -> [CollectionPlan.Part] {
        parts(
            .note, "\(id)-orphans",
            mark.weights.orphans.sorted { $0.blob < $1.blob }.map {
                CollectionPlan.Item(origin: Holding.orphan($0.blob), blob: $0.blob, bytes: $0.bytes)
            })
    }

    /// Returns parts with chunks behind the ends of needed blobs: they are noted when they are
    /// first found, and removed after the delay.
    private mutating func surplusParts() -> (watched: [CollectionPlan.Part], trimmed: [CollectionPlan.Part]) {
        var (watched, trimmed): ([CollectionPlan.Item], [CollectionPlan.Item]) = ([], [])
        var notes = mark.surplusNotes
        for found in mark.weights.surplus {
            let item = CollectionPlan.Item(origin: found.path, blob: found.blob, bytes: found.bytes)
            let note = notes.removeValue(forKey: found.blob)
            guard let note, note.path == found.path.string else {
                watched.append(item)
                continue
            }
            if isDue(since: note.noted), options.caches != .unknown {
                trimmed.append(item)
            } else {
                pending.append(note.noted.addingTimeInterval(options.effectiveDelay))
            }
        }
        // If the surplus chunks are already gone, remove only their note.
        for (blob, note) in notes where isDue(since: note.noted) {
            guard let path = try? StoragePath(note.path) else { continue }
            trimmed.append(CollectionPlan.Item(origin: path, blob: blob, bytes: 0))
        }
        func parts(_ work: CollectionPlan.Part.Work, _ items: [CollectionPlan.Item]) -> [CollectionPlan.Part] {
            items.isEmpty ? [] : [part(work, "surplus", items: items.sorted { $0.origin < $1.origin })]
        }
        return (parts(.watch, watched), parts(.trim, trimmed))
    }

    /// Plans to remove the key of an upload whose identifier a blob has as well, before the
    /// registry's own purge of uploads deletes both.
    private mutating func planMending() {
        var twice: [BlobIdentifier: StoragePath] = [:]
        for upload in mark.index.uploads where mark.index.isReferredTwice(upload.blob) {
            twice[upload.blob] = upload.path
        }
        if twice.isEmpty { return }
        var items: [CollectionPlan.Item] = []
        for (ordinal, digest) in mark.index.digests.keys.enumerated() {
            guard let blob = mark.index.blob(at: ordinal), let upload = twice[blob] else { continue }
            items.append(CollectionPlan.Item(upload: upload, twin: paths.blob(digest), blob: blob))
        }
        if !items.isEmpty { parts.append(part(.mend, "double references", items: items)) }
    }

    // MARK: - Limits and notes

    private mutating func checkShare(of taken: [CollectionPlan.Part], _ freed: [CollectionPlan.Part]) {
        func bytes(_ parts: [CollectionPlan.Part]) -> UInt64 {
            parts.lazy.filter(\.work.concernsBlobs).flatMap(\.items).filter(\.isBlob)
                .reduce(0) { addingCapped($0, $1.bytes) }
        }
        let held = bytes(freed)
        let total = Double(addingCapped(addingCapped(mark.weights.neededBytes, mark.weights.unneededBytes), held))
        for (what, share) in [("taken", bytes(taken)), ("freed", held)] where total > 0 {
            let percent = Double(share) * 100 / total
            guard percent > options.maxShare else { continue }
            obstacles.append(
                "\(Int(percent.rounded(.up))) % of the bytes of all blobs would be \(what), more than the \(Int(options.maxShare)) % of --max-share: if that is right, raise it"
            )
        }
    }

    private func impact(_ taken: [CollectionPlan.Part], _ freed: [CollectionPlan.Part]) -> Impact {
        var impact = Impact()
        let gone = freed + taken.filter { $0.work == .finish }
        impact.bytes = gone.reduce(0) { addingCapped($0, $1.bytes) }
        let freed = freed.filter { $0.work == .free } + (options.caches == .offline ? taken : [])
        impact.objects = freed.filter { $0.work == .free || $0.work == .quarantine || $0.work == .note }
            .reduce(0) { $0 + $1.items.reduce(0) { $0 + mark.index.chunkCount(of: $1.blob) } }
        if options.caches != .offline { impact.reclaimable = taken.reduce(0) { addingCapped($0, $1.bytes) } }
        impact.revisions = mark.untagged.count
        return impact
    }

    private func notes(_ taken: [CollectionPlan.Part], _ freed: [CollectionPlan.Part]) -> [String] {
        var notes = notes
        if let first = mark.snapshots.first, !freed.isEmpty || taken.contains(where: { $0.work == .finish }) {
            let others =
                mark.snapshots.count == 1 ? "a snapshot, \(ByteString(first))" : "\(mark.snapshots.count) snapshots"
            notes.append(
                "the pool has \(others): freed space comes back when they are removed (`rados -p POOL lssnap`, `rmsnap`)"
            )
        }
        if options.caches != .offline, options.delay < Self.shortDelay, !(taken + freed).isEmpty {
            notes.append(
                "the delay of \(Int(options.delay)) s is a bet that no push takes longer: what one that does relies on may be freed under it; only --offline is sure"
            )
        }
        if options.caches != .offline, options.caches != .none, taken.contains(where: { $0.work == .quarantine }) {
            notes.append(
                "after this run restart every registry, or flush its descriptor cache; once the delay has passed since, `regtop gc --cache-flushed` frees what is still unneeded"
            )
            notes.append(
                "until then a fresh push may find that a registry does not know such a blob: a look at the end of the run brings back what is needed by then, and `regtop gc --watch`, or the next run, whatever is needed later"
            )
        }
        return notes
    }
}
