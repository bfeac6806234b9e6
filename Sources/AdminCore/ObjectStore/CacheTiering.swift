/// What a pool has to do with cache tiers (`ceph osd tier`): other pools that its clients write to, and read from, in its place.
///
/// Reading and changing an object by its name goes through the tier and is right. Listing objects does not: it gives what lies in the
/// pool itself, and misses whatever is in the tier only. So a whole listing, and all that rests on one, is refused there
/// (`ObjectReader.enumerate`, `StoreStatus.requireWholeListings`).
public enum CacheTiering: Hashable, Sendable {
    /// Not known: whoever knows did not answer.
    case unknown
    /// It has nothing to do with any: a listing gives all there is.
    case none
    /// It has tiers.
    case base([Tier])
    /// It is a tier of the pool with this name.
    case tier(of: String)

    /// A cache tier.
    public struct Tier: Hashable, Sendable {
        /// The name of the pool.
        public let name: String
        /// How it caches, as `ceph osd tier cache-mode` has it: `writeback`, `readonly`, …
        public let mode: String

        /// A pool that caches in this mode.
        public init(name: String, mode: String) {
            self.name = name
            self.mode = mode
        }
    }

    /// In a few words, for what is shown of a pool; nil if there is nothing to be said.
    public var summary: String? {
        switch self {
        case .unknown, .none: nil
        case .base(let tiers): tiers.map { "\(ByteString($0.name)) (\($0.mode))" }.joined(separator: ", ")
        case .tier(let base): "of \(ByteString(base))"
        }
    }

    /// Why no listing of the pool's objects is believed to be whole, and what to do; nil if it is.
    func obstacle(in pool: String) -> String? {
        switch self {
        case .none: nil
        case .unknown:
            "whether the pool \(ByteString(pool)) has a cache tier is not known, since `osd pool ls detail` was not answered: this client "
                + "needs mon 'allow r'"
        case .tier(let base):
            "\(ByteString(pool)) is a cache tier of the pool \(ByteString(base)), and holds a part of its objects: open that one, with -p "
                + "\(ByteString(base))"
        case .base(let tiers):
            "a listing of the pool \(ByteString(pool)) misses what is only in its cache tier, \(summary ?? ""), so nothing is decided by "
                + "one: flush the tier and remove it first ("
                + tiers.map { CacheTiering.removal(of: "\(ByteString($0.name))", from: "\(ByteString(pool))") }
                .joined(separator: "; ") + ")"
        }
    }

    private static func removal(of tier: String, from base: String) -> String {
        "ceph osd tier cache-mode \(tier) proxy; rados -p \(tier) cache-flush-evict-all; ceph osd tier remove-overlay \(base); "
            + "ceph osd tier remove \(base) \(tier)"
    }
}

extension StoreStatus {
    /// Throws `StoreError` of kind `.incomplete` unless a listing of the store's objects gives all of them. What frees asks once more right
    /// before it does: a tier may have been added since the listing.
    func requireWholeListings() throws {
        guard let obstacle = tiering.obstacle(in: name) else { return }
        throw StoreError(.incomplete, operation: "list objects", reason: obstacle)
    }
}
