import ObjectStore
import Registry
import StorageDriver

/// Finds the repositories that are pinned by unreadable documents, and the content that these
/// repositories keep.
///
/// A registry serves a blob through a repository only by that repository's link, and has verified
/// on push that each blob was linked there. So everything that such a repository links to is
/// needed.
struct PinSearch: Sendable {
    let reader: MarkReader

    private var storage: StorageReader { reader.registry.storage }
    private var paths: RegistryPaths { reader.registry.paths }

    /// Returns the repositories that link to manifests which cannot be read, or to an index that
    /// names one, each with the reasons.
    /// - Parameters:
    ///   - unreadable: The ordinals of these manifests, each with the reason.
    ///   - young: The manifests that a registry may still be writing.
    ///   - parents: The manifests that name a manifest, by its ordinal.
    func reasons(
        for unreadable: [Int: String], young: Set<Int>, named parents: [Int: Set<Int>], in index: CollectionIndex
    ) async throws -> [StoragePath: Set<String>] {
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
        // By repository and by linked digest: the tags, and whether there is such a link outside
        // the trash.
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
        for wave in reader.waves(index.currentLinks.count) {
            let links = wave.map { index.currentLinks[$0] }
            for (link, finding) in zip(links, try await reader.read(links)) {
                if let digest = finding.digest { meet(link, digest) }
            }
        }
        var pins: [StoragePath: Set<String>] = [:]
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
        return pins
    }

    /// Returns the files of some repositories, as the tree lists them and as the pool holds them:
    /// either view may have lost something.
    func links(of repositories: Set<StoragePath>) async throws -> Set<RegistryFile> {
        var files: Set<RegistryFile> = []
        let walks = try await concurrentMap(repositories, window: storage.window) { [storage, paths] repository in
            try await concurrentMap(RegistryPaths.parts, window: 3) { part in
                try await storage.walkIfThere(repository.appending(.literal(part))) ?? []
            }.flatMap(\.self).compactMap { $0.path }.compactMap(paths.file)
        }
        files.formUnion(walks.joined())
        files.formUnion(
            try await PoolScan(storage.objects, .namespace("")).compactMap { [paths] object in
                guard let directory = object.name.string.flatMap({ try? StoragePath($0) }),
                    let name = paths.repositoryName(of: directory),
                    repositories.contains(paths.repository(name))
                else { return nil }
                return paths.onlyFile(in: directory)
            })
        return files
    }
}
