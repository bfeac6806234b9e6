extension ChangePlanner {
    /// What removing these targets costs and brings.
    func impact(ofRemoving targets: [ChangePlan.Target], progress: ProgressHandler?) async throws -> Impact {
        var impact = Impact()
        let links = targets.flatMap(\.links)
        var named: [RepositoryName: Set<Digest>] = [:]
        for target in targets {
            let name = target.reference.repository
            for link in target.links {
                switch paths.stage(of: link.path) {
                case .currentLinks:
                    if let tag = paths.tagName(of: link.path, in: name) { impact.tags.append("\(name):\(tag)") }
                    if let digest = link.digest { named[name, default: []].insert(digest) }
                case .revisions:
                    if link.path.parent.parent.parent.name == "revisions" { impact.revisions += 1 }
                case .layers: impact.layers += 1
                case .tagIndex, .uploads: break
                }
            }
            impact.uploads +=
                Set(
                    target.links.filter { paths.stage(of: $0.path) == .uploads }
                        .compactMap { $0.path.components.dropFirst(paths.uploads(name).components.count).first }
                ).count
        }
        impact.tags.sort()
        let lost = Set(impact.tags)
        for (name, digests) in named {
            for digest in digests {
                for tag in try await tags(of: name, naming: digest) where !lost.contains("\(name):\(tag)") {
                    impact.siblingTags.append("\(name):\(tag)")
                }
            }
        }
        impact.siblingTags.sort()
        impact.objects = try await emptied(by: targets).count
        let sizes = try await concurrentMap(links, window: storage.window) { try await storage.head(of: $0.blob).size }
        let content = try await contentLost(by: targets, progress: progress)
        impact.reclaimable = (sizes + [content]).reduce(0, addingCapped)
        return impact
    }

    /// The directories that are empty, and vanish, when the links of these targets are gone: inside the targets, and above them up to, not
    /// including, the directory of all repositories.
    func emptied(by targets: [ChangePlan.Target]) async throws -> Set<StoragePath> {
        let leaving = Dictionary(grouping: targets.flatMap(\.links).map(\.path), by: \.parent)
            .mapValues { Set($0.map { ByteString($0.name) }) }
        var gone: Set<StoragePath> = []
        var goneChildren = leaving
        for level in StorageDriver.levels(of: targets.flatMap(\.directories)) {
            let candidates = level.filter { $0.isBelow(paths.repositories) }
            let empty = try await concurrentMap(candidates, window: storage.window) { [goneChildren] directory in
                guard let entries = try await storage.entries(directory) else { return nil as StoragePath? }
                let leaving = goneChildren[directory] ?? []
                return entries.allSatisfy { leaving.contains($0.key) } ? directory : nil
            }.compactMap(\.self)
            for directory in empty {
                gone.insert(directory)
                goneChildren[directory.parent, default: []].insert(ByteString(directory.name))
            }
        }
        return gone
    }

    /// Bytes of the blobs that the removed manifests reach and no manifest that stays does, in the whole registry. Tags don't count: what a
    /// revision links to stays until the revision goes.
    private func contentLost(by targets: [ChangePlan.Target], progress: ProgressHandler?) async throws -> UInt64 {
        var lost: [RepositoryName: Set<Digest>] = [:]
        for target in targets {
            let name = target.reference.repository
            let revisions = paths.revisions(name)
            for link in target.links where link.path.isBelow(revisions) {
                let parts = link.path.components.dropFirst(revisions.components.count)
                if parts.count == 3,
                    let digest = Digest(algorithm: parts[parts.startIndex], hex: parts[parts.startIndex + 1])
                {
                    lost[name, default: []].insert(digest)
                }
            }
        }
        if lost.isEmpty { return 0 }
        let pass = registry.pass()
        var candidates: [Digest: UInt64] = [:]
        for (name, digests) in lost {
            candidates.merge(try await pass.reach(of: digests, in: name)) { first, _ in first }
        }
        let names = try await registry.repositoryNames()
        let reported = ProgressCounter(phase: "who needs what", total: UInt64(names.count), handler: progress)
        let kept = try await concurrentMap(names, window: storage.window) {
            [lost, wanted = Set(candidates.keys)] name -> Set<Digest> in
            defer { reported.advance() }
            do {
                let staying = try await pass.revisions(of: name).filter { !(lost[name]?.contains($0) ?? false) }
                return Set(try await pass.reach(of: staying, in: name).keys).intersection(wanted)
            } catch StorageError.notFound {
                return []
            }
        }
        for digests in kept {
            for digest in digests { candidates[digest] = nil }
        }
        return candidates.values.reduce(0, addingCapped)
    }
}
