/// How the change of one target ended.
public struct ChangeResult: Hashable, Sendable {
    /// In one word.
    public enum Outcome: String, Hashable, Sendable {
        /// All of it.
        case done
        /// Not, or not all of it; `error` says why and what was done.
        case failed
        /// It may or may not have been done: the answer did not come, and reading back failed too.
        case unknown
        /// Not begun, because of what happened before, or because it was cancelled.
        case skipped
    }

    /// What was changed, as the plan names it (`Plan.targetNames`).
    public let target: String
    /// How it ended.
    public let outcome: Outcome
    /// Why, in a sentence; nil if it is done.
    public let error: String?
    /// What kind of failure of the store it was; nil if it was none.
    public let kind: StoreError.Kind?
    /// What a person should know of a change that is done: what appeared meanwhile and stays, for example.
    public let notes: [String]
    /// Under which id what was removed is in the trash; nil if nothing went there.
    public let trash: TrashID?

    /// See the properties.
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
