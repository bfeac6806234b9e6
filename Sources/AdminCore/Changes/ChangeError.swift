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
    /// Links that the plan wanted to change were moved or removed by somebody else since: one of them, and how many.
    case gone(StoragePath, count: Int)
    /// There is no room for what the trash needs; with the store's error.
    case noRoomForTrash(StoreError)
    /// Nothing in the trash has this id.
    case notInTrash(String)
    /// What is to be restored, by its id, is there again under its name.
    case nameTaken(String, id: String)
    /// The session is read-only.
    case readOnly
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
        case .gone(let path, let count):
            "\(path)\(count > 1 ? " and \(count - 1) other links were" : " was") moved or removed by somebody else meanwhile"
        case .noRoomForTrash(let error):
            "nothing was deleted: the trash needs a little room, and there is none: \(error); --now skips the trash and needs none"
        case .notInTrash(let id): "there is no \(ByteString(id)) in the trash; `regtop trash ls` shows what is"
        case .nameTaken(let name, let id):
            "\(name) is there again, and nothing is merged or replaced: `regtop trash restore \(id) --to NAME` gives what was deleted another "
                + "name"
        case .readOnly: "nothing is changed: this session is read-only"
        case .wrongChunkSize(let assumed, let found):
            "the files of this pool have chunks of \(found) bytes, not \(assumed): nothing is changed until --chunk-size \(found) "
                + "says so"
        }
    }
}

extension ChangeError {
    /// The store's error behind it; nil if there is none.
    var storeError: StoreError? {
        if case .noRoomForTrash(let error) = self { error } else { nil }
    }
}
