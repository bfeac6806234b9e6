public import ObjectStore
public import Registry
public import StorageDriver
public import Foundation

/// The reason why a change cannot be planned or made.
public enum ChangeError: Error, Hashable, Sendable {
    /// There is no such repository, tag or manifest.
    case notFound(ImageReference)
    /// The destination is already there.
    case destinationExists(ImageReference)
    /// The request makes no sense, or is not allowed; the text says why.
    case unsuitable(String)
    /// Another process has changed links of the plan since, and they stay: one of them, and their
    /// number.
    case changed(StoragePath, count: Int)
    /// Another process has moved or removed links of the plan since: one of them, and their number.
    case gone(StoragePath, count: Int)
    /// A copy failed after it had written links, which stay: its name, their number, the reason,
    /// and the store's error.
    case halfCopied(ImageReference, links: Int, String, StoreError?)
    /// There is no space for the entries in the trash; with the store's error.
    case noRoomForTrash(StoreError)
    /// Nothing in the trash has this id.
    case notInTrash(String)
    /// A deletion, by its id, cannot be restored, since its name is taken.
    case nameTaken(String, id: String)
    /// The session is read-only.
    case readOnly
    /// The store is a snapshot of the store with this name.
    case snapshot(String, taken: Date)
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
            "\(path)\(count > 1 ? " and \(count - 1) other links were" : " was") changed by another client meanwhile and "
                + "\(count > 1 ? "stay" : "stays"); all other links are done"
        case .gone(let path, let count):
            "\(path)\(count > 1 ? " and \(count - 1) other links were" : " was") moved or removed by another client meanwhile"
        case .halfCopied(let name, let links, let why, _):
            "\(why); \(links) \(links == 1 ? "link" : "links") of the copy stay at \(name), without its tags: `regtop rm \(name.repository)` "
                + "removes them if nothing else is there"
        case .noRoomForTrash(let error):
            "disk full, nothing was deleted: the trash cannot be written; --now (D in the console) deletes without the trash. \(error)"
        case .notInTrash(let id): "there is no \(ByteString(id)) in the trash; `regtop trash ls` shows what is"
        case .nameTaken(let name, let id):
            "\(name) is there again, and nothing is merged or replaced: `regtop trash restore \(id) --to NAME` gives what was deleted another "
                + "name"
        case .snapshot(let store, let taken):
            "nothing is changed: this is a snapshot of \(ByteString(store)) from \(taken.formatted(.iso8601)), and can only be read"
        case .readOnly: "nothing is changed: this session is read-only"
        case .wrongChunkSize(let assumed, let found):
            "the files of this pool have chunks of \(found) bytes, not \(assumed): nothing is changed until --chunk-size \(found) "
                + "says so"
        }
    }
}

extension ChangeError {
    /// The store's error that caused it; nil if there is none.
    var storeError: StoreError? {
        switch self {
        case .noRoomForTrash(let error): error
        case .halfCopied(_, _, _, let error): error
        default: nil
        }
    }
}

extension StorageReader {
    /// Throws `ChangeError.wrongChunkSize` if the pool's files show another chunk size than this
    /// reader assumes.
    func checkChunkSize() async throws {
        let finding = try await ChunkSizeProbe(storage: self).run()
        if let found = finding.other { throw ChangeError.wrongChunkSize(assumed: finding.assumed, found: found) }
    }
}
