/// Why a change cannot be planned.
public enum ChangeError: Error, Hashable, Sendable {
    /// There is no such repository, tag or manifest.
    case notFound(ImageReference)
    /// The destination is already there.
    case destinationExists(ImageReference)
    /// Source and destination do not go together; the text says why.
    case unsuitable(String)
    /// Links that the plan wanted to change were changed by somebody else since, and stay: one of them, and how many.
    case changed(StoragePath, count: Int)
    /// The pool's files have another chunk size than was assumed, in bytes.
    case wrongChunkSize(assumed: UInt64, found: UInt64)
}

extension ChangeError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .notFound(let reference): "\(reference) does not exist"
        case .destinationExists(let reference):
            switch reference.selector {
            case .tag: "\(reference) exists already; --force replaces a tag"
            default: "\(reference) exists already; repositories are never merged"
            }
        case .unsuitable(let why): why
        case .changed(let path, let count):
            "\(path)\(count > 1 ? " and \(count - 1) other links were" : " was") changed by somebody else meanwhile and "
                + "\(count > 1 ? "stay" : "stays"); all other links are done"
        case .wrongChunkSize(let assumed, let found):
            "the files of this pool have chunks of \(found) bytes, not \(assumed): nothing is changed until --chunk-size \(found) "
                + "says so"
        }
    }
}
