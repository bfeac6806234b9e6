@testable import ObjectStore

extension RecordingStore.Step: CustomStringConvertible {
    /// A short text for the message of a failed expectation.
    var description: String {
        let what =
            switch operation {
            case .write(let write, _): write.mutations.map(\.word).joined(separator: "+")
            case .read: "read"
            case .enumerate, .page: "list"
            case .placement, .status: "status"
            }
        return "\(number) (\(what) \(operation.object.map { "\($0)" } ?? ""))"
    }
}

extension WriteOperation.Mutation {
    fileprivate var word: String {
        switch self {
        case .create: "create"
        case .write, .writeFull, .truncate: "write"
        case .setXattr: "set size"
        case .removeXattr: "drop xattr"
        case .setOmap(let entries): "set \(entries.keys.map(\.description).sorted().joined(separator: ","))"
        case .removeOmap(let keys): "drop \(keys.map(\.description).joined(separator: ","))"
        case .remove: "remove"
        }
    }
}
