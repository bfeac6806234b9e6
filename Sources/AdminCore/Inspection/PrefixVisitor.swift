import Synchronization

/// Notes which of the digests that are linked or named begin as a shortened one does. No more than are listed, and one to tell that there are
/// more.
final class PrefixVisitor: SweepVisitor {
    private let prefix: DigestPrefix
    private let found = Mutex<Set<Digest>>([])

    init(_ prefix: DigestPrefix) {
        self.prefix = prefix
    }

    /// What was found.
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
