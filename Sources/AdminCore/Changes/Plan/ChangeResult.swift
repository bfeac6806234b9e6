/// The result of one target of a plan.
public struct ChangeResult: Hashable, Sendable {
    /// How the target ended.
    public enum Outcome: String, Hashable, Sendable {
        /// All of it was done.
        case done
        /// Not all of it was done; `error` says why, and what was done.
        case failed
        /// It may or may not have been done: no answer came, and reading back failed, too.
        case unknown
        /// It was not begun, because of a failure before it, or a cancellation.
        case skipped
    }

    /// The target, as `Plan.targetNames` has it.
    public let target: String
    /// How it ended.
    public let outcome: Outcome
    /// The reason, in a sentence; nil if it is done.
    public let error: String?
    /// The kind of failure of the store; nil if it was none.
    public let kind: StoreError.Kind?
    /// Notes about a change that is done, a sentence each: links that appeared
    /// meanwhile and stay, for example.
    public let notes: [String]
    /// The id of what went to the trash; nil if nothing did.
    public let trash: TrashID?

    /// A result.
    public init(
        target: String, outcome: Outcome, error: String? = nil, kind: StoreError.Kind? = nil,
        notes: [String] = [], trash: TrashID? = nil
    ) {
        self.target = target
        self.outcome = outcome
        self.error = error
        self.kind = kind
        self.notes = notes
        self.trash = trash
    }
}
