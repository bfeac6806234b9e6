import Synchronization

/// The progress of a long task.
public struct WorkProgress: Hashable, Sendable {
    /// A unit of progress.
    public enum Unit: Hashable, Sendable {
        /// The things that `phase` names.
        case things
        /// Bytes.
        case bytes
    }

    /// The work, in a word or two: "repositories", "removing links".
    public var phase: String
    /// The unit of `completed` and `total`.
    public var unit: Unit
    /// The completed amount.
    public var completed: UInt64
    /// The total amount; nil while it is unknown.
    public var total: UInt64?

    /// See the properties.
    public init(phase: String, unit: Unit = .things, completed: UInt64, total: UInt64?) {
        self.phase = phase
        self.unit = unit
        self.completed = completed
        self.total = total
    }
}

/// Receives the progress of a long task, possibly often and from any task: it must be quick, and
/// keep only the newest.
public typealias ProgressHandler = @Sendable (WorkProgress) -> Void

/// Counts the progress of a long task and reports it to a handler. May be advanced from any task.
public final class ProgressCounter: Sendable {
    private let progress: Mutex<WorkProgress>
    private let handler: ProgressHandler?

    /// Reports `completed` of `total`; see `WorkProgress`.
    public init(
        phase: String, unit: WorkProgress.Unit = .things, completed: UInt64 = 0, total: UInt64?,
        handler: ProgressHandler?
    ) {
        let start = WorkProgress(phase: phase, unit: unit, completed: completed, total: total)
        progress = Mutex(start)
        self.handler = handler
        handler?(start)
    }

    /// Adds to the completed amount.
    public func advance(by count: UInt64 = 1) {
        guard let handler else { return }
        handler(
            progress.withLock {
                $0.completed += count
                return $0
            })
    }
}
