/// How one file is striped, and where its chunks lie.
public struct BlobReport: Hashable, Sendable {
    /// Whether the file can be read as it was written.
    public enum State: String, Hashable, Sendable {
        /// Every byte is where it should be, and nothing else is.
        case ok
        /// Something is missing, short, long or surplus, or a blob has lost its content.
        case damaged
    }

    /// The file.
    public let path: StoragePath
    /// The digest, if the file is a blob.
    public let digest: Digest?
    /// The chunks as they are and as they should be.
    public let layout: ChunkLayout
    /// Where the chunks lie, in the order of `layout.chunks`; nil where the store has no such thing.
    public let placements: [Placement?]

    /// Whether all is right.
    public var state: State {
        guard layout.isSound else { return .damaged }
        guard let digest, layout.size == 0 else { return .ok }
        return BlobFinding(layout.head, of: digest).state == .ok ? .ok : .damaged
    }
}
