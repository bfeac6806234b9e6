import Synchronization

/// What a run has found so far: many tasks add to it.
final class FsckLog: Sendable {
    private let state: Mutex<FsckReport>
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

    func note(_ change: (inout FsckReport) -> Void) { state.withLock { change(&$0) } }

    /// Counts what may be being written.
    func inFlight(_ count: Int = 1) { note { $0.checked.inFlight += count } }

    var report: FsckReport {
        var report = state.withLock { $0 }
        report.problems.sort()
        return report
    }
}
