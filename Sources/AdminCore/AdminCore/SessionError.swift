import ObjectStore

/// The reason why no session could be opened although the cluster was reached.
public enum SessionError: Error, Hashable, Sendable {
    /// No pool was named, and several hold a registry.
    case severalPools([String])
    /// No pool was named, and none of these holds a registry.
    case noRegistry(pools: [String])
    /// The program was built without RADOS.
    case radosNotBuiltIn
}

extension SessionError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .severalPools(let pools):
            "several pools hold a registry (\(SessionError.list(pools))): name one with -p"
        case .noRegistry(let pools) where pools.isEmpty: "the cluster has no pools"
        case .noRegistry(let pools):
            "no pool holds a registry (searched: \(SessionError.list(pools))): name one with -p to open it all the same"
        case .radosNotBuiltIn:
            "this regtop was built without RADOS: it opens SQLite stores only, with --store sqlite:FILE"
        }
    }

    private static func list(_ pools: [String]) -> String {
        let shown = pools.prefix(20).map { ByteString($0).description }.joined(separator: ", ")
        return pools.count > 20 ? "\(shown) and \(pools.count - 20) more" : shown
    }
}
