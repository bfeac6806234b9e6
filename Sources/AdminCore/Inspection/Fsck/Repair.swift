/// What mends a problem. Everything that is removed goes to the trash, except keys that have no path and bytes that the digest proves to be
/// no part of the file; nothing is guessed.
public enum Repair: Hashable, Sendable {
    /// An upload's key goes, since the blob at `kept` has the same identifier: before the registry's own purge deletes the content of both.
    case dropUploadKey(StoragePath, BlobIdentifier, kept: StoragePath)
    /// Directories are listed in their parents again.
    case relink([StoragePath])
    /// The bytes of a resumed upload are written in their right order under a new identifier, if their digest is this one.
    case rearrange(StoragePath, BlobIdentifier, Digest)
    /// The bytes of a file whose size is lost or wrong are written with their size under a new identifier, if they are proven to be its
    /// content; `chunks` are those that are there.
    case restoreSize(StoragePath, BlobIdentifier, chunks: [Int])
    /// The blob of no bytes, which has no chunk, gets a first chunk of no bytes that says so.
    case writeEmpty(StoragePath, BlobIdentifier)
    /// What lies behind the end of a file, in these chunks, goes, if the content is right.
    case dropSurplus(StoragePath, BlobIdentifier, chunks: [Int])
    /// A link to a blob is written.
    case writeLink(StoragePath, Digest, blob: StoragePath)
    /// A link that means one digest, and holds more or less than it, is written anew with it.
    case rewriteLink(TrashedFile, Digest)
    /// The link that says which manifest a tag names is written, after what the tag named once.
    case restoreTag(StoragePath, Digest, blob: StoragePath)
    /// A link that does not say what it should goes to the trash, and is written anew.
    case replaceLink(TrashedFile, Digest, blob: StoragePath)
    /// A reference whose content is gone goes to the trash, with the chunks that are left.
    case finishDeletion(StoragePath, BlobIdentifier)
    /// Files go to the trash.
    case trash([TrashedFile])
    /// Everything in these directories goes to the trash.
    case trashDirectories([StoragePath])
    /// An empty directory goes, or the key of one that is gone.
    case prune(StoragePath)
    /// A key goes that has no path.
    case removeKey(ObjectID, key: ByteString, value: [UInt8])

    /// A file by its path and its identifier.
    public struct TrashedFile: Hashable, Sendable {
        /// Its path.
        public let path: StoragePath
        /// Its identifier.
        public let blob: BlobIdentifier
    }

    /// Its name.
    public var id: String {
        switch self {
        case .dropUploadKey: "drop-upload-key"
        case .relink: "relink"
        case .rearrange: "rearrange"
        case .restoreSize: "restore-size"
        case .writeEmpty: "write-empty"
        case .dropSurplus: "drop-surplus"
        case .writeLink: "write-link"
        case .rewriteLink: "rewrite-link"
        case .restoreTag: "restore-tag"
        case .replaceLink: "replace-link"
        case .finishDeletion: "finish-deletion"
        case .trash, .trashDirectories: "trash"
        case .prune: "prune"
        case .removeKey: "remove-key"
        }
    }

    /// True if it is done without being named: it takes nothing away that anybody could want.
    public var isSafe: Bool {
        switch self {
        case .dropUploadKey, .relink, .rearrange, .restoreSize, .writeEmpty, .dropSurplus, .writeLink, .rewriteLink,
            .finishDeletion:
            true
        case .restoreTag, .replaceLink, .trash, .trashDirectories, .prune, .removeKey: false
        }
    }
}
