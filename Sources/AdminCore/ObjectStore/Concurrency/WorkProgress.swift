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
