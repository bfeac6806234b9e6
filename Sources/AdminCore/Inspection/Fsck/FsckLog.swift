import Synchronization

/// What a run has found so far: many tasks add to it.
final class FsckLog: Sendable {
    private let state: Mutex<FsckReport>
    private let absent = Mutex<[ProblemKind: Int]>([:])
    private let limit: Int
    private let found: @Sendable ([Problem]) -> Void

    init(limit: Int, found: @escaping @Sendable ([Problem]) -> Void) {
        self.limit = limit
        self.found = found
        state = Mutex(FsckReport())
    }

    func add(_ problems: [Problem]) {
        guard !problems.isEmpty else { return }
        let kept = state.withLock { report in
            let kept = problems.prefix(max(0, limit - report.problems.count))
            report.problems += kept
            for problem in problems.dropFirst(kept.count) {
                report.omitted[problem.kind, default: 0] += 1
                if problem.severity == .error { report.omittedErrors += 1 }
            }
            return Array(kept)
        }
        if !kept.isEmpty { found(kept) }
    }

    /// Counts what a pull-through cache fetches again, in place of naming each.
    func refetched(_ problems: [Problem]) {
        absent.withLock { absent in
            for problem in problems { absent[problem.kind, default: 0] += 1 }
        }
    }

    /// Says how much that was, in one line.
    func addRefetched() {
        let counts = absent.withLock { $0 }
        let parts = ProblemKind.allCases.compactMap { kind in counts[kind].map(kind.absentees) }
        guard !parts.isEmpty else { return }
        add([
            Problem(
                kind: .missingBlob, severity: .info, path: RegistryPaths.schedule,
                detail:
                    "Not here: \(parts.joined(separator: ", ")). This is a pull-through cache: its registry fetches that again when it is "
                    + "asked for.")
        ])
    }

    func note(_ change: (inout FsckReport) -> Void) { state.withLock { change(&$0) } }

    /// Counts what may be being written.
    func inFlight(_ count: Int = 1) { note { $0.checked.inFlight += count } }

    var report: FsckReport {
        var report = state.withLock { $0 }
        report.problems.sort()
        return report
    }
}

extension ProblemKind {
    /// What a pull-through cache need not have: it expires there, or was never asked for.
    var isRefetched: Bool {
        switch self {
        case .missingBlob, .missingRevision, .missingLayerLink: true
        default: false
        }
    }

    fileprivate func absentees(_ count: Int) -> String {
        let (one, many) =
            switch self {
            case .missingRevision: ("manifest that a tag or an index names", "manifests that tags or indexes name")
            case .missingLayerLink: ("link to a blob that a manifest needs", "links to blobs that manifests need")
            default: ("blob that something needs", "blobs that something needs")
            }
        return "\(count) \(count == 1 ? one : many)"
    }
}
