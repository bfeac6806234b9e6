public import ObjectStore
import Foundation

/// The result of a recovery for one pending change.
public struct Recovery: Hashable, Sendable {
    /// The result for a change.
    public enum Outcome: String, Hashable, Sendable {
        /// The change is taken back: everything is at its place as before the change.
        case undone
        /// The change is ended.
        case finished
        /// Its last look is made, and it is out of the journal.
        case checked
        /// Everything that the change names is gone, since the pool was emptied: it is out of the
        /// journal, and nothing else was touched.
        case dropped
        /// Nothing was done: its owner is working on it, or its last look is not due.
        case left
        /// The watch looked at its place and added the missing links; it stays in the journal.
        case watched
        /// It cannot be read, or the recovery failed; `error` says why. It stays in the journal.
        case failed
        /// The outcome of the recovery is unknown; `error` says why.
        case unknown
    }

    /// The change as it was found.
    public let change: PendingChange
    /// The result.
    public let outcome: Outcome
    /// The error as a sentence; nil if there was none.
    public let error: String?
    /// Sentences for people, for example about files that could not be brought back.
    public let notes: [String]
    /// The kind of the store's failure; nil if there was none.
    public let kind: StoreError.Kind?

    package init(change: PendingChange, outcome: Outcome, error: String?, notes: [String], kind: StoreError.Kind?) {
        self.change = change
        self.outcome = outcome
        self.error = error
        self.notes = notes
        self.kind = kind
    }
}
