import ObjectStore
import Registry
import StorageDriver

/// Computes the impact of a removal. Only reads.
struct RemovalImpact: Sendable {
    let registry: RegistryReader
    let finder: TargetFinder

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// Returns the costs and the gains of removing these targets.
    func impact(of targets: [ChangePlan.Target], progress: ProgressHandler?) async throws -> Impact {
        var impact = Impact()
        let links = targets.flatMap(\.links)
        var named: [RepositoryName: Set<Digest>] = [:]
        for target in targets {
            let name = target.reference.repository
            for link in target.links {
                switch paths.stage(of: link.path) {
                case .currentLinks:
                    if let tag = paths.currentTag(of: link.path) { impact.tags.append("\(name):\(tag)") }
                    if let digest = link.digest { named[name, default: []].insert(digest) }
                case .revisions:
                    if case .revision = paths.file(at: link.path) { impact.revisions += 1 }
                case .layers: impact.layers += 1
                case .tagIndex, .uploads: break
                }
            }
            impact.uploads += Set(target.links.compactMap { paths.upload(of: $0.path) }).count
        }
        impact.tags.sort()
        let lost = Set(impact.tags)
        var untagged: [RepositoryName: Set<Digest>] = [:]
        for (name, digests) in named {
            for digest in digests {
                let siblings = try await finder.tags(of: name, naming: digest).map { "\(name):\($0)" }
                    .filter { !lost.contains($0) }
                impact.siblingTags += siblings
                if siblings.isEmpty { untagged[name, default: []].insert(digest) }
            }
        }
        impact.siblingTags.sort()
        impact.objects = try await EmptiedDirectories(registry: registry).find(removing: targets).count
        let sizes = try await concurrentMap(links, window: storage.window) { try await storage.heldBytes(of: $0.blob) }
        let lostRevisions = revisions(of: targets)
        let staying = untagged.flatMap { name, digests in
            digests.subtracting(lostRevisions[name] ?? []).map { (name: name, digest: $0) }
        }
        impact.untagged = try await concurrentMap(staying, window: storage.window) { [storage, paths] manifest in
            let link = paths.revisionLink(manifest.name, manifest.digest)
            return try await storage.entry(link) == nil ? nil : "\(manifest.name)@\(manifest.digest)"
        }.compactMap(\.self).sorted()
        let pass = registry.pass()
        impact.sharedChildren = try await shared(
            ofIndexes: untagged.merging(lostRevisions) { $0.union($1) }, lost, pass)
        guard !lostRevisions.isEmpty else {
            impact.reclaimable = sizes.reduce(0, addingCapped)
            return impact
        }
        let content = try await content(of: lostRevisions, pass, progress: progress)
        impact.reclaimable = (sizes + content.lost.values).reduce(0, addingCapped)
        impact.sharedBlobs = content.shared.count
        impact.sharedBytes = content.shared.values.reduce(0, addingCapped)
        (impact.orphanedChildren, impact.brokenIndexes) = try await severed(
            by: lostRevisions, from: content.staying, pass)
        return impact
    }

    /// The manifests that are removed with these targets.
    private func revisions(of targets: [ChangePlan.Target]) -> [RepositoryName: Set<Digest>] {
        var lost: [RepositoryName: Set<Digest>] = [:]
        for target in targets {
            let name = target.reference.repository
            for link in target.links {
                if case .revision(let digest) = paths.file(at: link.path) { lost[name, default: []].insert(digest) }
            }
        }
        return lost
    }

    /// Returns the blobs that lost manifests reach, divided into those that no other manifest of
    /// the registry reaches, and the others; and the manifests that stay in these repositories.
    /// Tags do not count: the content of a revision stays until the revision is removed.
    private func content(
        of lost: [RepositoryName: Set<Digest>], _ pass: RegistryPass, progress: ProgressHandler?
    ) async throws -> (lost: [Digest: UInt64], shared: [Digest: UInt64], staying: [RepositoryName: Set<Digest>]) {
        var candidates: [Digest: UInt64] = [:]
        for (name, digests) in lost {
            candidates.merge(try await pass.reach(of: digests, in: name)) { first, _ in first }
        }
        let names = try await registry.repositoryNames()
        let reported = ProgressCounter(phase: "who needs what", total: UInt64(names.count), handler: progress)
        let found = try await concurrentMap(names, window: storage.window) {
            [wanted = Set(candidates.keys)] name -> (kept: Set<Digest>, staying: Set<Digest>?) in
            defer { reported.advance() }
            do {
                let staying = try await pass.revisions(of: name).filter { !(lost[name]?.contains($0) ?? false) }
                let kept = Set(try await pass.reach(of: staying, in: name).keys).intersection(wanted)
                return (kept, lost[name] == nil ? nil : Set(staying))
            } catch StorageError.notFound {
                return ([], nil)
            }
        }
        let kept = found.reduce(into: Set<Digest>()) { $0.formUnion($1.kept) }
        let staying = zip(names, found).reduce(into: [:]) { $0[$1.0] = $1.1.staying }
        return (
            candidates.filter { !kept.contains($0.key) }, candidates.filter { kept.contains($0.key) }, staying
        )
    }

    /// Returns the manifests that stay and that an index connects with lost ones. Orphans:
    /// manifests that a lost index names, and no index that stays. Broken: indexes that name a lost
    /// manifest.
    private func severed(
        by lost: [RepositoryName: Set<Digest>], from staying: [RepositoryName: Set<Digest>], _ pass: RegistryPass
    ) async throws -> (orphans: [String], broken: [String]) {
        var (orphans, broken): ([String], [String]) = ([], [])
        for (name, gone) in lost {
            let staying = staying[name] ?? []
            let candidates = try await children(of: gone, pass).values.reduce(into: Set()) { $0.formUnion($1) }
            let kept = try await children(of: staying, pass)
            let named = kept.values.reduce(into: Set()) { $0.formUnion($1) }
            orphans += candidates.subtracting(named).intersection(staying).map { "\(name)@\($0)" }
            broken += kept.filter { !$0.value.isDisjoint(with: gone) }.keys.map { "\(name)@\($0)" }
        }
        return (orphans.sorted(), broken.sorted())
    }

    /// Returns sentences about other indexes and tags that name the parts of the indexes among some
    /// manifests. `lost`: the tags that are removed.
    private func shared(
        ofIndexes leaving: [RepositoryName: Set<Digest>], _ lost: Set<String>, _ pass: RegistryPass
    ) async throws -> [String] {
        var sentences: [String] = []
        for (name, gone) in leaving {
            let own = try await children(of: gone, pass).values.reduce(into: Set()) { $0.formUnion($1) }
            if own.isEmpty { continue }
            let staying = Set(try await pass.revisions(of: name)).subtracting(gone)
            let indexes = try await children(of: staying, pass)
            let facts = try await RepositoryInquiry(name: name, pass: pass, scope: .tagLinks).facts([.tagNames])
            let tags = facts.tags.filter { !lost.contains("\(name):\($0.key)") }
                .reduce(into: [Digest: [String]]()) { tags, tag in
                    if let digest = tag.value.digest { tags[digest, default: []].append("\(name):\(tag.key)") }
                }
            for child in own.sorted() {
                let owners = indexes.filter { $0.value.contains(child) }.keys.flatMap { tags[$0] ?? ["\(name)@\($0)"] }
                let all = (owners + (tags[child] ?? [])).sorted()
                guard let first = all.first else { continue }
                let more = all.count > 1 ? " and \(all.count - 1) more" : ""
                sentences.append("\(name)@\(child) is a part of \(first)\(more) as well, and stays")
            }
        }
        return sentences.sorted()
    }

    /// Returns the parts of the indexes among some manifests, by index.
    private func children(of digests: Set<Digest>, _ pass: RegistryPass) async throws -> [Digest: Set<Digest>] {
        try await concurrentMap(digests, window: storage.window) { digest -> (Digest, Set<Digest>) in
            let manifest = try await pass.memory.manifests(digest).manifest
            return (digest, Set((manifest?.children ?? []).map(\.digest)))
        }.reduce(into: [:]) { $0[$1.0] = $1.1.isEmpty ? nil : $1.1 }
    }
}
