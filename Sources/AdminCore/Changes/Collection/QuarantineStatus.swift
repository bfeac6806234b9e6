import ObjectStore
import Registry
import StorageDriver
public import Foundation

/// The holdings in the quarantine, each with the time from which it can be freed. Needs no mark:
/// only a mark can tell whether something is needed again, so a run may free less than these
/// holdings.
public struct QuarantineStatus: Hashable, Sendable {
    /// The things that one run took at once.
    public struct Item: Hashable, Sendable, Identifiable {
        /// A kind of things.
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            /// Contents that nothing needs.
            case blobs
            /// Links of manifests without a tag.
            case links
            /// Files of unfinished uploads.
            case uploads
            /// Chunks that nothing refers to.
            case chunks
            /// Chunks behind the end of needed blobs. They are noted, and stay at their places.
            case surplus
            /// More than one of these, or an unknown kind.
            case other
        }

        /// Its name below the quarantine.
        public let id: String
        /// The kind of its things.
        public let kind: Kind
        /// The time at which the last thing left its place; nil while that is under way, and if it
        /// was interrupted: then the next run sets the time.
        public let since: Date?
        /// The first time at which a mark may begin that allows freeing it; nil if `since` is.
        public let due: Date?
        /// The person or job that took it; nil if that cannot be read.
        public let by: String?
        /// The number of its things.
        public let count: Int
        /// Their bytes, which are freed if no thing is needed again.
        public let bytes: UInt64
    }

    /// The holdings, the oldest first.
    public let items: [Item]
    /// The time at which this was read.
    public let asOf: Date
    /// Obstacles to freeing, as far as they are known without a mark, a sentence each.
    public let obstacles: [String]

    /// Bytes of all of it.
    public var bytes: UInt64 { items.reduce(0) { addingCapped($0, $1.bytes) } }

    /// Bytes of the holdings that are due.
    public var dueBytes: UInt64 {
        items.filter { $0.due.map { $0 <= asOf } ?? false }.reduce(0) { addingCapped($0, $1.bytes) }
    }

    /// The time after which a run can free something; nil if no holding has a date.
    public var nextFreeAfter: Date? { items.compactMap(\.due).min() }
}
