import ObjectStore
import Registry
import StorageDriver

/// Plans the restoration of deletions from the trash. Only reads.
struct RestorationPlanner: Sendable {
    let registry: RegistryReader

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// See `ChangePlanner.restoration`.
    func plan(for ids: [String], as name: ImageReference?) async throws -> RestorePlan {
        try Self.check(ids, as: name)
        var targets: [RestorePlan.Target] = []
        var notes: [String] = []
        let trash = TrashReader(registry: registry)
        var others = OtherDeletions(trash: trash, without: Set(ids))
        for id in ids.uniqued() {
            guard let holding = try await trash.holding(id) else { throw ChangeError.notInTrash(id) }
            let item = TrashItem(holding)
            let entries = holding.entries.filter { $0.claim == nil }
            if entries.count < holding.entries.count {
                notes.append(
                    "\(holding.entries.count - entries.count) links of \(id) are being freed or restored by another client"
                )
            }
            let own = self.own(item, entries)
            let renaming = try name.map { try self.renaming(of: item, own, to: $0) }
            if let renaming, let name {
                try await requireFree(renaming.to, for: name)
            } else {
                notes += try await requireUntaken(item, own)
            }
            notes += try await lackingManifests(item, own)
            let along = Set(entries).subtracting(own)
            let taken = try await self.taken(along)
            if !taken.isEmpty {
                notes.append(
                    "\(taken.count) links of companions of \(item.name) were written anew since, and stay in the trash"
                )
            }
            let parts = try await others.companions(of: item, own)
            let staying = entries.filter { !taken.contains($0) }
            targets.append(
                RestorePlan.Target(
                    item: item, entries: staying, destination: name, renaming: renaming, companions: parts,
                    named: try await manifests(staying + parts.flatMap(\.entries))))
        }
        return RestorePlan(targets: targets, notes: notes)
    }

    /// Returns the restoration of a replaced tag to its own name, which is free once the tag that
    /// replaced it has left; nil if it is not in the trash any more.
    func replacedTag(_ id: String, at directory: StoragePath) async throws -> RestorePlan.Target? {
        guard let holding = try await TrashReader(registry: registry).holding(id) else { return nil }
        let entries = holding.entries.filter { $0.claim == nil && $0.origin.isBelow(directory) }
        guard !entries.isEmpty else { return nil }
        let item = TrashItem(holding)
        return RestorePlan.Target(
            item: item, entries: entries, destination: nil, renaming: nil, companions: [],
            named: try await manifests(entries))
    }

    /// Returns the manifests that the current links among some links name.
    private func manifests(_ entries: [Holding.Entry]) async throws -> [StoragePath: Digest] {
        let links = entries.filter { paths.currentTag(of: $0.origin) != nil }
        let read = try await concurrentMap(links, window: registry.window) { link in
            (link.origin, try await registry.links.read(link.blob, at: link.origin).digest)
        }
        return Dictionary(read.compactMap { path, digest in digest.map { (path, $0) } }) { first, _ in first }
    }

    /// Checks what can be checked without the pool.
    /// - Throws: `ChangeError.unsuitable` for a new name that several deletions would get.
    static func check(_ ids: [String], as name: ImageReference?) throws(ChangeError) {
        guard name == nil || ids.count == 1 else {
            throw .unsuitable("--to gives one deletion another name, and \(ids.count) are named")
        }
    }

    /// Returns the links of the named deletion; for a tag, without its companions.
    private func own(_ item: TrashItem, _ entries: [Holding.Entry]) -> [Holding.Entry] {
        guard item.kind == .tag, let directory = paths.tagDirectory(named: item.name) else { return entries }
        let own = entries.filter { $0.origin.isBelow(directory) }
        return own.isEmpty ? entries : own
    }

    /// Returns the links whose places another link has taken.
    private func taken(_ entries: some Collection<Holding.Entry> & Sendable) async throws -> Set<Holding.Entry> {
        Set(
            try await concurrentMap(entries, window: storage.window) { entry in
                guard let value = try await storage.value(at: entry.origin) else { return nil }
                return value == entry.blob.value ? nil : entry
            }.compactMap(\.self))
    }

    /// Returns the old and the new place of a deletion that gets another name.
    private func renaming(
        of item: TrashItem, _ entries: [Holding.Entry], to new: ImageReference
    ) throws -> RestorePlan.Renaming {
        let names = Set(entries.map { paths.repositoryName(of: $0.origin) })
        guard names.count == 1, let found = names.first, let name = found else {
            throw ChangeError.unsuitable(
                "\(item.id) holds links from more than one place: it can only be restored to where it was")
        }
        switch (new.selector, item.kind) {
        case (.repository, .repository), (.repository, .other):
            return RestorePlan.Renaming(from: paths.repository(name), to: paths.repository(new.repository))
        case (.tag(let tag), .tag), (.tag(let tag), .other):
            guard new.repository == name else {
                throw ChangeError.unsuitable(
                    "a tag is restored within its repository: \(item.name) cannot become \(new)")
            }
            let tags = Set(entries.map { paths.tag(of: $0.origin) })
            guard tags.count == 1, let old = tags.first.flatMap(\.self), let from = paths.tag(name, old),
                let to = paths.tag(name, tag)
            else {
                throw ChangeError.unsuitable(
                    "\(item.name) is more than one tag: it can only be restored to where it was")
            }
            return RestorePlan.Renaming(from: from, to: to)
        case (_, .repository):
            throw ChangeError.unsuitable("\(item.name) is a repository, and \(new) is no name for one")
        case (_, .tag):
            throw ChangeError.unsuitable("\(item.name) is a tag, and \(new) is no name for one")
        default:
            throw ChangeError.unsuitable("\(item.name) is restored under its own name only")
        }
    }

    /// Returns a sentence for each tag whose manifest the repository does not hold any more: the
    /// restored tag cannot be pulled.
    private func lackingManifests(_ item: TrashItem, _ entries: [Holding.Entry]) async throws -> [String] {
        guard item.kind == .tag else { return [] }
        for entry in entries where paths.currentTag(of: entry.origin) != nil {
            guard let name = paths.repositoryName(of: entry.origin),
                let digest = try await registry.links.read(entry.blob, at: entry.origin).digest,
                try await storage.entry(paths.revisionLink(name, digest)) == nil
            else { continue }
            return [
                "\(name) does not hold the manifest \(digest), so \(item.name) cannot be pulled until that is restored as well"
            ]
        }
        return []
    }

    /// Throws `ChangeError.destinationExists` if something is at the directory.
    private func requireFree(_ directory: StoragePath, for name: ImageReference) async throws {
        let directories =
            directory == paths.repository(name.repository) ? paths.ownDirectories(name.repository) : [directory]
        for directory in directories where try await holdsFiles(directory) {
            throw ChangeError.destinationExists(name)
        }
    }

    /// Throws `ChangeError.nameTaken` if a deleted repository or tag exists again. Other deletions
    /// are restored as far as the places of their links are free: returns a sentence about the
    /// rest.
    private func requireUntaken(_ item: TrashItem, _ entries: [Holding.Entry]) async throws -> [String] {
        if item.kind == .repository, let origin = entries.first?.origin, let name = paths.repositoryName(of: origin) {
            for directory in paths.ownDirectories(name) where try await holdsFiles(directory) {
                throw ChangeError.nameTaken(item.name, id: item.id)
            }
        }
        let taken = try await taken(entries).count
        guard taken > 0 else { return [] }
        switch item.kind {
        case .repository, .tag: throw ChangeError.nameTaken(item.name, id: item.id)
        case .revision, .upload, .other:
            if taken == entries.count { throw ChangeError.unsuitable("\(item.name) is there again") }
            return ["\(taken) links of \(item.id) were written anew since, and stay in the trash"]
        }
    }

    private func holdsFiles(_ directory: StoragePath) async throws -> Bool {
        try await storage.walkIfThere(directory)?.contains { $0.file != nil } ?? false
    }
}

extension RegistryPaths {
    /// The directory of the tag that a text names; nil if the text names no tag.
    fileprivate func tagDirectory(named text: String) -> StoragePath? {
        guard let reference = ImageReference(text), case .tag(let name) = reference.selector else { return nil }
        return tag(reference.repository, name)
    }
}

/// The other deletions in the trash: read once, when they are first needed.
private struct OtherDeletions {
    let trash: TrashReader
    let ids: Set<String>
    private var holdings: [Holding]?
    /// The links that a target restores already.
    private var given: Set<Holding.Entry> = []

    /// `ids`: the deletions that the plan restores anyway.
    init(trash: TrashReader, without ids: Set<String>) {
        self.trash = trash
        self.ids = ids
    }

    /// Returns the links of companions that went along with another tag of the same image.
    /// Companions that were deleted by their own names stay in the trash.
    mutating func companions(
        of item: TrashItem, _ entries: [Holding.Entry]
    ) async throws -> [RestorePlan.Part] {
        let (paths, storage) = (trash.registry.paths, trash.registry.storage)
        guard item.kind == .tag, let name = entries.first.flatMap({ paths.repositoryName(of: $0.origin) }) else {
            return []
        }
        var subjects = try await digests(of: entries)
        guard !subjects.isEmpty else { return [] }
        let holdings = try await read()
        var parts: [RestorePlan.Part] = []
        while !subjects.isEmpty {
            var found: [Holding.Entry] = []
            for holding in holdings {
                let named = holding.note.flatMap { paths.tagDirectory(named: $0.name) }
                let links = holding.entries.filter { entry in
                    guard entry.claim == nil, !given.contains(entry), entry.origin.isBelow(paths.tags(name)),
                        let tag = paths.tag(of: entry.origin), let companion = Companion(tag: tag)
                    else { return false }
                    return subjects.contains(companion.subject) && named != paths.tag(name, tag)
                }
                guard !links.isEmpty else { continue }
                given.formUnion(links)
                let values = try await concurrentMap(links, window: storage.window) {
                    try await storage.value(at: $0.origin)
                }
                let free = zip(links, values).filter { $0.1 == nil }.map(\.0)
                guard !free.isEmpty else { continue }
                parts.append(RestorePlan.Part(id: holding.path.name, entries: free))
                found += free
            }
            subjects = try await digests(of: found)
        }
        return parts
    }

    private mutating func read() async throws -> [Holding] {
        if let holdings { return holdings }
        let others = try await trash.ids().filter { !ids.contains($0) }
        let read = try await concurrentMap(others, window: trash.registry.storage.window) { [trash] id in
            try await trash.holding(id)
        }.compactMap(\.self)
        holdings = read
        return read
    }

    /// Returns the digests in the current links among some links.
    private func digests(of entries: [Holding.Entry]) async throws -> Set<Digest> {
        let registry = trash.registry
        let links = entries.filter { registry.paths.currentTag(of: $0.origin) != nil }
        return Set(
            try await concurrentMap(links, window: registry.window) { entry in
                try await registry.links.read(entry.blob, at: entry.origin).digest
            }.compactMap(\.self))
    }
}
