/// The reason why a repair was not made.
public enum RepairError: Error, Hashable, Sendable {
    /// The damage is not what it was when it was found.
    case changed(StoragePath)
    /// The damage has no path, and is not what it was when it was found.
    case gone(String)
    /// The directory holds something that is neither a file nor a directory, or that came
    /// meanwhile: it could not be taken away.
    case stays(StoragePath)
    /// The bytes do not have the digest that they should have: nothing was changed.
    case notTheDigest(StoragePath)
}

extension RepairError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .changed(let path):
            "\(path) has changed since the damage was found; nothing was done there, look again"
        case .stays(let path): "\(path) stays, since something is in it that is no file; repair that first"
        case .gone(let what): "\(what) has changed since the damage was found; nothing was done there"
        case .notTheDigest(let path):
            "the bytes of \(path) do not have the digest that they should have; nothing was changed there"
        }
    }
}
