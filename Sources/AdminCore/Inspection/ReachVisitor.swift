import Synchronization

/// Notes who reaches one blob, by number.
final class ReachVisitor: SweepVisitor {
    private let wanted: Digest
    private let found = Mutex<Set<Int>>([])

    init(_ wanted: Digest) {
        self.wanted = wanted
    }

    /// The numbers of those that reach it.
    var numbers: Set<Int> { found.withLock { $0 } }

    func met(_ link: SweepLink, in repository: Int) {}

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        if edge.digest == wanted { found.withLock { _ = $0.insert(repository) } }
        return false
    }

    func found(_ finding: BlobFinding, of digest: Digest) {}

    func met(_ problem: SweepProblem, in repository: Int) {}

    func finished(_ repository: Int) {}
}
