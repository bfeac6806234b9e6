public import Registry

/// The result of a transfer.
public struct TransferReport: Hashable, Sendable {
    /// The number of blobs that were copied.
    public internal(set) var copied = 0
    /// The bytes that were copied.
    public internal(set) var bytes: UInt64 = 0
    /// The number of blobs that the target had already.
    public internal(set) var present = 0
    /// The tags that the target has now.
    public internal(set) var tags = 0
    /// The blobs that were not published, with the reason as the end of a sentence.
    public internal(set) var refused: [Digest: String] = [:]
    /// Everything that was to be copied, and is left out after all.
    public internal(set) var leftOut: [TransferPlan.LeftOut] = []
    /// The tags that were removed.
    public internal(set) var removed: [ImageReference] = []

    /// The report of a transfer that copied nothing.
    public init() {}
}
