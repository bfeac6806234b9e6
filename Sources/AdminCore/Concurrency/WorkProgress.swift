/// How far a long task is.
public struct WorkProgress: Hashable, Sendable {
    /// What is being done, in a word or two: "repositories", "removing links".
    public var phase: String
    /// How much of it is done, in whatever unit `total` has.
    public var completed: UInt64
    /// How much there is; nil while that is not known.
    public var total: UInt64?

    /// See the properties.
    public init(phase: String, completed: UInt64, total: UInt64?) {
        self.phase = phase
        self.completed = completed
        self.total = total
    }
}

/// Takes news of a long task. Called from any task, possibly often: to be quick, and to keep only the newest.
public typealias ProgressHandler = @Sendable (WorkProgress) -> Void
