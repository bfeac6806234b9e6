import Synchronization

/// Counts what is done of a long task and tells a handler. May be advanced from any task.
final class ProgressCounter: Sendable {
    private let progress: Mutex<WorkProgress>
    private let handler: ProgressHandler?

    /// Begins at `completed` of `total`, and says so.
    init(
        phase: String, unit: WorkProgress.Unit = .things, completed: UInt64 = 0, total: UInt64?,
        handler: ProgressHandler?
    ) {
        let start = WorkProgress(phase: phase, unit: unit, completed: completed, total: total)
        progress = Mutex(start)
        self.handler = handler
        handler?(start)
    }

    /// One more is done.
    func advance(by count: UInt64 = 1) {
        guard let handler else { return }
        handler(
            progress.withLock {
                $0.completed += count
                return $0
            })
    }
}
