extension ChangePlanner {
    /// The plan that brings deletions back from the trash, by their ids. `name`: a repository or a tag gets this name instead of its own; a
    /// repository's must be free, a tag's must be one of its repository. Throws `ChangeError.notInTrash`, `.nameTaken`, `.destinationExists`,
    /// `.unsuitable`, `.wrongChunkSize`, and errors of reading.
    public func restoration(of ids: [String], as name: ImageReference? = nil) async throws -> RestorePlan {
        try await checkChunkSize()
        guard name == nil || ids.count == 1 else {
            throw ChangeError.unsuitable("one deletion at a time can get another name")
        }
        var targets: [RestorePlan.Target] = []
        var notes: [String] = []
        let trash = TrashReader(registry: registry)
        for id in ids.uniqued() {
            guard let holding = try await trash.holding(id) else { throw ChangeError.notInTrash(id) }
            let item = TrashItem(holding)
            let entries = holding.entries.filter { $0.claim == nil }
            if entries.count < holding.entries.count {
                notes.append(
                    "\(holding.entries.count - entries.count) links of \(id) are being freed or restored by somebody else"
                )
            }
            let renaming = try name.map { try self.renaming(of: item, entries, to: $0) }
            if let renaming, let name {
                try await requireFree(renaming.to, for: name)
            } else {
                notes += try await requireUntaken(item, entries)
            }
            notes += try await lackingManifests(item, entries)
            targets.append(RestorePlan.Target(item: item, entries: entries, destination: name, renaming: renaming))
        }
        return RestorePlan(targets: targets, notes: notes)
    }

    /// From where to where the links of a deletion go if it gets another name.
    private func renaming(
        of item: TrashItem, _ entries: [Holding.Entry], to new: ImageReference
    ) throws -> RestorePlan.Renaming {
        let names = Set(entries.map { paths.repositoryName(of: $0.origin) })
        guard names.count == 1, let found = names.first, let name = found else {
            throw ChangeError.unsuitable(
                "what \(item.id) holds comes from more than one place: it is restored to where it was only")
        }
        switch (new.selector, item.kind) {
        case (.repository, .repository), (.repository, .other):
            return RestorePlan.Renaming(from: paths.repository(name), to: paths.repository(new.repository))
        case (.tag(let tag), .tag), (.tag(let tag), .other):
            guard new.repository == name else {
                throw ChangeError.unsuitable(
                    "a tag is restored within its repository: \(item.name) cannot become \(new)")
            }
            let tags = Set(entries.map { $0.origin.components.prefix(paths.tags(name).components.count + 1) })
            guard tags.count == 1, let old = tags.first, let to = paths.tag(name, tag),
                entries.allSatisfy({ $0.origin.isBelow(paths.tags(name)) })
            else {
                throw ChangeError.unsuitable("\(item.name) is more than one tag: it is restored to where it was only")
            }
            return RestorePlan.Renaming(from: .literal(Array(old)), to: to)
        case (_, .repository):
            throw ChangeError.unsuitable("\(item.name) is a repository, and \(new) is no name for one")
        case (_, .tag):
            throw ChangeError.unsuitable("\(item.name) is a tag, and \(new) is no name for one")
        default:
            throw ChangeError.unsuitable("\(item.name) is restored under its own name only")
        }
    }

    /// A sentence if a tag comes back to a repository that does not hold its manifest any more: it cannot be pulled then.
    private func lackingManifests(_ item: TrashItem, _ entries: [Holding.Entry]) async throws -> [String] {
        guard item.kind == .tag else { return [] }
        for entry in entries where paths.isCurrentLink(entry.origin) {
            guard let name = paths.repositoryName(of: entry.origin),
                let text = try? await storage.content(
                    of: entry.blob, at: entry.origin, limit: RegistryReader.linkLimit),
                let digest = LinkText(text)?.digest
            else { continue }
            let link = paths.revision(name, digest).appending(.literal("link"))
            guard try await storage.entry(link) == nil else { continue }
            return [
                "\(name) does not hold the manifest \(digest), so \(item.name) cannot be pulled until that is restored as well"
            ]
        }
        return []
    }

    /// Throws `ChangeError.destinationExists` if something is there.
    private func requireFree(_ directory: StoragePath, for name: ImageReference) async throws {
        let directories =
            directory == paths.repository(name.repository) ? paths.ownDirectories(name.repository) : [directory]
        for directory in directories where try await holdsFiles(directory) {
            throw ChangeError.destinationExists(name)
        }
    }

    /// Throws `ChangeError.nameTaken` where a deleted repository or tag is there again. Of other deletions what is not taken comes back:
    /// gives a sentence about the rest.
    private func requireUntaken(_ item: TrashItem, _ entries: [Holding.Entry]) async throws -> [String] {
        if item.kind == .repository, let origin = entries.first?.origin, let name = paths.repositoryName(of: origin) {
            for directory in paths.ownDirectories(name) where try await holdsFiles(directory) {
                throw ChangeError.nameTaken(item.name, id: item.id)
            }
        }
        let taken = try await concurrentMap(entries, window: storage.window) { entry in
            guard let value = try await storage.value(at: entry.origin) else { return false }
            return value != entry.blob.value
        }.count(where: \.self)
        guard taken > 0 else { return [] }
        switch item.kind {
        case .repository, .tag: throw ChangeError.nameTaken(item.name, id: item.id)
        case .revision, .upload, .other:
            return ["\(taken) links of \(item.id) were written anew since, and stay in the trash"]
        }
    }

    private func holdsFiles(_ directory: StoragePath) async throws -> Bool {
        try await storage.walkIfThere(directory)?.contains { $0.file != nil } ?? false
    }
}
