/// Why a verb of the storage driver did not do what was asked, where it is not the store's fault (that is `StoreError`).
public enum StorageError: Error, Hashable, Sendable {
    /// The text is no valid path, or the root where a file or a directory below it is needed.
    case invalidPath(String)
    /// Proven: there is nothing there. Also what `list` says of a file.
    case notFound(StoragePath)
    /// A file was asked for, and this is a directory.
    case isDirectory(StoragePath)
    /// A component on the way is a file, so nothing can be below it.
    case notADirectory(StoragePath)
    /// The offset is negative or beyond the end of the file.
    case invalidOffset(StoragePath, offset: Int64, size: UInt64)
    /// The destination is already there.
    case alreadyExists(StoragePath)
    /// A directory cannot be moved into itself.
    case intoItself(StoragePath, StoragePath)
    /// Somebody else changed it meanwhile; a guard saw that and nothing was done.
    case changedMeanwhile(StoragePath)
    /// The content cannot be read as it was written; the text says what is wrong, with the object.
    case damaged(StoragePath, String)
    /// The file is larger than the caller wants to hold in memory.
    case tooLarge(StoragePath, size: UInt64, limit: Int)
    /// The verb is not supported by this driver.
    case unsupported(String)
    /// Somebody else found this change in the journal, took it for interrupted, and took it back.
    case takenOver(StoragePath)
    /// The journal holds what cannot be understood, or what has to be ended first; the text says what.
    case journal(String)
    /// A change may or may not have been made: the answer did not come, and reading back failed as well.
    case outcomeUnknown(StoragePath, StoreError)
}

extension StorageError: CustomStringConvertible {
    /// One sentence: what is wrong, with what.
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
        case .changedMeanwhile(let path): "\(path) was changed by somebody else meanwhile; nothing was done there"
        case .damaged(let path, let what): "\(path) is damaged: \(what)"
        case .tooLarge(let path, let size, let limit):
            "\(path) has \(size) bytes, more than the \(limit) that are read at once"
        case .unsupported(let verb): "the storage driver does not support \(verb)"
        case .takenOver(let path):
            "the change of \(path) took so long that somebody else took it for interrupted and took it back"
        case .journal(let what): "the journal forbids it: \(what)"
        case .outcomeUnknown(let path, let error):
            "it is unknown whether the change of \(path) was made: \(error.description)"
        }
    }
}
