import Synchronization

/// How far a long task is.
public struct WorkProgress: Hashable, Sendable {
    /// What is counted.
    public enum Unit: Hashable, Sendable {
        /// Whatever `phase` says.
        case things
        /// Bytes.
        case bytes
    }

    /// What is being done, in a word or two: "repositories", "removing links".
    public var phase: String
    /// What `completed` and `total` count.
    public var unit: Unit
    /// How much of it is done.
    public var completed: UInt64
    /// How much there is; nil while that is not known.
    public var total: UInt64?

    /// See the properties.
    public init(phase: String, unit: Unit = .things, completed: UInt64, total: UInt64?) {
        self.phase = phase
        self.unit = unit
        self.completed = completed
        self.total = total
    }
}

/// Takes news of a long task. Called from any task, possibly often: to be quick, and to keep only the newest.
public typealias ProgressHandler = @Sendable (WorkProgress) -> Void

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
