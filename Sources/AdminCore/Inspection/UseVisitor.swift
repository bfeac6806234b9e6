import Synchronization

/// Finds every way that leads to one blob.
///
/// Memory: the indexes' references of the repositories that are under way, and what was found.
final class UseVisitor: SweepVisitor {
    /// What is known of a repository that is under way.
    private struct Local {
        var tags: [String: Digest] = [:]
        var revisions: Set<Digest> = []
        /// By what is named: the manifests that name it. Of manifests, and of the blob that is asked for.
        var parents: [Digest: Set<Digest>] = [:]
    }

    private struct State {
        var underWay: [Int: Local] = [:]
        var uses: [Int: [BlobUse]] = [:]
    }

    private let wanted: Digest
    private let names: [RepositoryName]
    private let state = Mutex(State())

    /// A search for `wanted` in these repositories.
    init(_ wanted: Digest, in names: [RepositoryName]) {
        self.wanted = wanted
        self.names = names
    }

    /// What was found, in the order of the repositories: in each the tags by name, then the manifests without a tag.
    var uses: [BlobUse] {
        state.withLock { state in state.uses.sorted { $0.key < $1.key }.flatMap(\.value) }
    }

    func met(_ link: SweepLink, in repository: Int) {
        state.withLock { state in
            switch link.kind {
            case .tag(let tag): state.underWay[repository, default: Local()].tags[tag] = link.finding.digest
            case .revision(let digest): state.underWay[repository, default: Local()].revisions.insert(digest)
            case .signature, .history, .layer: break
            }
        }
    }

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        guard let parent = edge.parent, edge.kind == .manifest || edge.digest == wanted else { return false }
        state.withLock { state in
            _ = state.underWay[repository, default: Local()].parents[edge.digest, default: []].insert(parent)
        }
        return false
    }

    func found(_ finding: BlobFinding, of digest: Digest) {}

    func met(_ problem: SweepProblem, in repository: Int) {}

    func finished(_ repository: Int) {
        state.withLock { state in
            guard let local = state.underWay.removeValue(forKey: repository), names.indices.contains(repository) else {
                return
            }
            let uses = uses(local, of: names[repository])
            if !uses.isEmpty { state.uses[repository] = uses }
        }
    }

    private func uses(_ local: Local, of name: RepositoryName) -> [BlobUse] {
        // From the blob upward; the shortest way first, and a ring of indexes only once.
        var paths: [Digest: [Digest]] = [wanted: []]
        var queue = [wanted]
        var next = 0
        while next < queue.count {
            let digest = queue[next]
            next += 1
            for parent in (local.parents[digest] ?? []).sorted() where paths[parent] == nil {
                paths[parent] = [parent] + (paths[digest] ?? [])
                queue.append(parent)
            }
        }
        let tagged = local.tags.sorted { $0.key < $1.key }.compactMap { tag, digest in
            paths[digest].map { BlobUse(repository: name, tag: tag, digest: digest, path: $0) }
        }
        let untagged = local.revisions.subtracting(local.tags.values).sorted().compactMap { digest in
            paths[digest].map { BlobUse(repository: name, tag: nil, digest: digest, path: $0) }
        }
        return tagged + untagged
    }
}
