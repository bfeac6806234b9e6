public import ObjectStore
public import Registry
public import StorageDriver

/// The repair of a problem. Removed files go to the trash, except keys without a path, and bytes
/// that the digest proves not to belong to the file.
public enum Repair: Hashable, Sendable {
    /// Removes the key of an upload that has the identifier of the blob at `kept`, before the
    /// registry's purge of uploads deletes the content of both.
    case dropUploadKey(StoragePath, BlobIdentifier, kept: StoragePath)
    /// Lists directories in their parents again.
    case relink([StoragePath])
    /// Writes the bytes of a resumed upload in the right order under a new identifier, if they have
    /// this digest.
    case rearrange(StoragePath, BlobIdentifier, Digest)
    /// Writes a file with a missing or wrong size anew under a new identifier, if its bytes are
    /// proven to be the content; `chunks` are the numbers of its chunks.
    case restoreSize(StoragePath, BlobIdentifier, chunks: [Int])
    /// Writes the missing first chunk of the empty blob, with a size of 0.
    case writeEmpty(StoragePath, BlobIdentifier)
    /// Removes the bytes after the end of a file from these chunks, if the content is right.
    case dropSurplus(StoragePath, BlobIdentifier, chunks: [Int])
    /// Writes a missing link to a blob.
    case writeLink(StoragePath, Digest, blob: StoragePath)
    /// Writes a link with extra or missing bytes anew, with the only digest that it can mean.
    case rewriteLink(TrashedFile, Digest)
    /// Writes the missing link of a tag, to the only manifest that the tag ever named.
    case restoreTag(StoragePath, Digest, blob: StoragePath)
    /// Moves a wrong link to the trash, and writes it anew.
    case replaceLink(TrashedFile, Digest, blob: StoragePath)
    /// Moves a reference without content to the trash, with the chunks that are left.
    case finishDeletion(StoragePath, BlobIdentifier)
    /// Moves files to the trash.
    case trash([TrashedFile])
    /// Moves everything in these directories to the trash.
    case trashDirectories([StoragePath])
    /// Removes an empty directory, or the key of one without an object.
    case prune(StoragePath)
    /// Removes a key without a path.
    case removeKey(ObjectID, key: ByteString, value: [UInt8])

    /// A file by its path and identifier.
    public struct TrashedFile: Hashable, Sendable {
        /// Its path.
        public let path: StoragePath
        /// Its identifier.
        public let blob: BlobIdentifier

        package init(path: StoragePath, blob: BlobIdentifier) {
            self.path = path
            self.blob = blob
        }
    }

    /// The name of the repair.
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

    /// True if plain `--repair` makes it: it removes nothing that could be needed.
    public var isSafe: Bool {
        switch self {
        case .dropUploadKey, .relink, .rearrange, .restoreSize, .writeEmpty, .dropSurplus, .writeLink, .rewriteLink,
            .finishDeletion:
            true
        case .restoreTag, .replaceLink, .trash, .trashDirectories, .prune, .removeKey: false
        }
    }
}
