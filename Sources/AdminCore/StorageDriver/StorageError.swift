public import ObjectStore

/// The reason why the storage driver refused or failed. Failures of the store are `StoreError`.
public enum StorageError: Error, Hashable, Sendable {
    /// The text is no valid path, or it is the root where a path below it is needed.
    case invalidPath(String)
    /// Nothing exists at the path; this is proven. `list` also throws it for a file.
    case notFound(StoragePath)
    /// The path is a directory, and a file is needed.
    case isDirectory(StoragePath)
    /// A component of the path is a file, so nothing can lie below it.
    case notADirectory(StoragePath)
    /// The offset is negative or beyond the end of the file.
    case invalidOffset(StoragePath, offset: Int64, size: UInt64)
    /// The destination exists.
    case alreadyExists(StoragePath)
    /// A directory cannot be moved into itself.
    case intoItself(StoragePath, StoragePath)
    /// Another process changed the path meanwhile; a guard refused the change, and nothing was
    /// done.
    case changedMeanwhile(StoragePath)
    /// The content is damaged; the text names the fault and the object.
    case damaged(StoragePath, String)
    /// The file has more bytes than the limit of the caller.
    case tooLarge(StoragePath, size: UInt64, limit: Int)
    /// The driver does not support the verb.
    case unsupported(String)
    /// Another process took this change for interrupted, and took it back.
    case takenOver(StoragePath)
    /// The journal forbids the change: an intent cannot be read, or has to be ended first; the text
    /// says which.
    case journal(String)
    /// A change may or may not have been made: no answer came, and reading back did not resolve it.
    case outcomeUnknown(StoragePath, StoreError)
}

extension StorageError: CustomStringConvertible {
    /// One sentence that names the path and the fault.
    public var description: String {
        switch self {
        case .invalidPath(let text):
            "\(ByteString(text)) is no valid path: it must begin with a slash, and its components consist of letters, digits, "
                + "'.', '_' and '-', and are neither empty nor '.' nor '..'"
        case .notFound(let path): "\(path) does not exist"
        case .isDirectory(let path): "\(path) is a directory"
        case .notADirectory(let path): "\(path) is a file, nothing can be below it"
        case .invalidOffset(let path, let offset, let size):
            "offset \(offset) lies outside of \(path), which has \(size) bytes"
        case .alreadyExists(let path): "\(path) exists already"
        case .intoItself(let source, let destination): "\(source) cannot be moved into itself, to \(destination)"
        case .changedMeanwhile(let path): "\(path) was changed by another client meanwhile; nothing was done there"
        case .damaged(let path, let what): "\(path) is damaged: \(what)"
        case .tooLarge(let path, let size, let limit):
            "\(path) has \(size) bytes, more than the \(limit) that are read at once"
        case .unsupported(let verb): "the storage driver does not support \(verb)"
        case .takenOver(let path):
            "the change of \(path) took so long that another regtop believed it interrupted and undid it"
        case .journal(let what): "the journal forbids it: \(what)"
        case .outcomeUnknown(let path, let error):
            "it is unknown whether the change of \(path) was made: \(error.description)"
        }
    }
}
