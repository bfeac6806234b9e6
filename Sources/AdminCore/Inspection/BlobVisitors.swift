import Registry
import Synchronization

/// Finds every path that leads to one blob.
///
/// Memory: the edges between the manifests of the repositories in progress, and the paths found.
final class UseVisitor: SweepVisitor {
    /// The facts about a repository in progress.
    private struct Local {
        var tags: [String: Digest] = [:]
        var revisions: Set<Digest> = []
        /// The manifests that name a manifest, or the wanted blob.
        var parents: [Digest: Set<Digest>] = [:]
    }

    private struct State {
        var inProgress: [Int: Local] = [:]
        var uses: [Int: [BlobUse]] = [:]
    }

    private let wanted: Digest
    private let names: [RepositoryName]
    private let state = Mutex(State())

    init(_ wanted: Digest, in names: [RepositoryName]) {
        self.wanted = wanted
        self.names = names
    }

    /// The uses in the order of the repositories; in each, tags by name, then untagged manifests.
    var uses: [BlobUse] {
        state.withLock { state in state.uses.sorted { $0.key < $1.key }.flatMap(\.value) }
    }

    func met(_ link: SweepLink, in repository: Int) {
        state.withLock { state in
            switch link.kind {
            case .tag(let tag): state.inProgress[repository, default: Local()].tags[tag] = link.finding.digest
            case .revision(let digest): state.inProgress[repository, default: Local()].revisions.insert(digest)
            case .signature, .history, .layer: break
            }
        }
    }

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        guard let parent = edge.parent, edge.kind == .manifest || edge.digest == wanted else { return false }
        state.withLock { state in
            _ = state.inProgress[repository, default: Local()].parents[edge.digest, default: []].insert(parent)
        }
        return false
    }

    func found(_ finding: BlobFinding, of digest: Digest) {}

    func met(_ problem: SweepProblem, in repository: Int) {}

    func finished(_ repository: Int) {
        state.withLock { state in
            guard let local = state.inProgress.removeValue(forKey: repository), names.indices.contains(repository)
            else { return }
            let uses = uses(local, of: names[repository])
            if !uses.isEmpty { state.uses[repository] = uses }
        }
    }

    private func uses(_ local: Local, of name: RepositoryName) -> [BlobUse] {
        // Breadth first from the blob upward: the shortest paths, and each manifest of a cycle
        // once.
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

/// Notes the linked or named digests with one prefix: at most one more than an error lists.
final class PrefixVisitor: SweepVisitor {
    private let prefix: DigestPrefix
    private let found = Mutex<Set<Digest>>([])

    init(_ prefix: DigestPrefix) {
        self.prefix = prefix
    }

    var digests: Set<Digest> { found.withLock { $0 } }

    func met(_ link: SweepLink, in repository: Int) {
        if case .layer(let digest) = link.kind { note(digest) }
    }

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        note(edge.digest)
        return false
    }

    func found(_ finding: BlobFinding, of digest: Digest) {}

    func met(_ problem: SweepProblem, in repository: Int) {}

    func finished(_ repository: Int) {}

    private func note(_ digest: Digest) {
        guard prefix.matches(digest) else { return }
        found.withLock { found in
            if found.count <= DigestPrefixError.listLimit { found.insert(digest) }
        }
    }
}
