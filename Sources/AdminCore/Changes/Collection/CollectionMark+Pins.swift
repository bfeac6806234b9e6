import Foundation

// Documents that cannot be read: they pin what their repository links to, and block nothing.

extension CollectionMark {
    /// Everything that the repository of a link links to is needed.
    mutating func pin(_ link: StoragePath, _ reason: String) {
        guard let repository = paths.repositoryName(of: link) else { return }
        pins[paths.repository(repository), default: []].insert(reason)
    }

    /// Whatever the documents that cannot be read may name: a registry serves a blob through a repository only by that repository's link,
    /// and has verified on push that each was linked there. So everything is needed that a repository links to which has such a document.
    mutating func keepPinned() async throws {
        try await readUnclear()
        try await pinUnreadable()
        let new = Set(pins.keys).subtracting(pinned)
        guard !new.isEmpty else { return }
        pinned.formUnion(new)
        // What the tree lists, and what the pool holds: either may have lost something.
        var files: Set<RegistryFile> = []
        let walks = try await concurrentMap(new, window: storage.window) { [storage, paths] repository in
            try await concurrentMap(RegistryPaths.parts, window: 3) { part in
                try await storage.walkIfThere(repository.appending(.literal(part))) ?? []
            }.flatMap(\.self).compactMap { $0.path }.compactMap(paths.file)
        }
        files.formUnion(walks.joined())
        files.formUnion(
            try await PoolScan(storage.objects, .namespace("")).compactMap { [paths] object in
                guard let directory = object.name.string.flatMap({ try? StoragePath($0) }),
                    let name = paths.repositoryName(of: directory.appending(.literal("link"))),
                    new.contains(paths.repository(name))
                else { return nil }
                return paths.file(at: directory.appending(.literal("link")))
            })
        for file in files {
            switch file {
            case .revision(let digest), .tagIndex(let digest): needManifest(digest)
            case .layer(let digest), .signature(let digest, _): needWhatever(digest)
            case .blob, .currentLink, .upload: break
            }
        }
    }

    /// Links of tags that could not be read when they were met: by now they may have been written.
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

    /// Reads once more what could not be read: by now it may have been written. Gives those of the rest that may just be being written.
    private mutating func readUnreadable() async throws -> Set<Int> {
        for (ordinal, content) in try await readManifests(Array(unreadable.keys)) {
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

    /// Pins the repositories that link to manifests which cannot be read, or to an index that names one.
    private mutating func pinUnreadable() async throws {
        guard !unreadable.isEmpty else { return }
        let young = try await readUnreadable()
        guard !unreadable.isEmpty else { return }
        var sought: [Digest: Set<Int>] = [:]
        for ordinal in unreadable.keys {
            sought[index.digests.keys[ordinal], default: []].insert(ordinal)
            var (open, seen) = ([ordinal], Set([ordinal]))
            while let next = open.popLast() {
                for parent in parents[next] ?? [] where seen.insert(parent).inserted {
                    sought[index.digests.keys[parent], default: []].insert(ordinal)
                    open.append(parent)
                }
            }
        }
        /// By repository and by what it links to of that: the tags, and whether anything but the trash has such a link.
        var found: [RepositoryName: [Digest: (tags: Set<String>, isInUse: Bool)]] = [:]
        func meet(_ link: CollectionIndex.Link, _ named: Digest, isInUse: Bool = true) {
            guard sought[named] != nil, let name = paths.repositoryName(of: link.path.path) else { return }
            var links = found[name, default: [:]][named] ?? ([], false)
            if case .currentLink(let tag) = link.file { links.tags.insert(tag) }
            links.isInUse = links.isInUse || isInUse
            found[name, default: [:]][named] = links
        }
        for number in 0..<index.revisions.count {
            let link = index.revisions[number]
            if case .revision(let digest) = link.file { meet(link, digest) }
        }
        for link in index.trashed
            + index.quarantines.flatMap(\.entries).compactMap({ entry in
                paths.file(at: entry.origin).map {
                    CollectionIndex.Link(path: PackedPath(entry.origin), blob: entry.blob, file: $0)
                }
            })
        {
            if case .revision(let digest) = link.file { meet(link, digest, isInUse: false) }
        }
        for wave in waves(index.currentLinks.count) {
            let links = wave.map { index.currentLinks[$0] }
            for (link, finding) in zip(links, try await reader.read(links)) {
                if let digest = finding.digest { meet(link, digest) }
            }
        }
        for (name, links) in found {
            for (named, (tags, isInUse)) in links {
                let command = isInUse ? "rm \(name)@\(named)" : "trash empty"
                for ordinal in sought[named] ?? [] {
                    let digest = index.digests.keys[ordinal]
                    let shown = tags.isEmpty ? "" : " (\(tags.sorted().prefix(5).joined(separator: ", ")))"
                    let advice =
                        young.contains(ordinal)
                        ? ", and may just be being written" : "; `regtop \(command)` removes what names it"
                    pins[paths.repository(name), default: []].insert(
                        "the manifest \(digest)\(shown) cannot be read: \(unreadable[ordinal] ?? "")\(advice)")
                }
            }
        }
        unreadable = [:]
    }
}
