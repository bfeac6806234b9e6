import Foundation

/// What the store says of a blob: read once a pass.
struct BlobFinding: Hashable, Sendable {
    /// Bytes of the blob; what is known of them if it is damaged, nil if it is missing.
    let size: UInt64?
    /// `.ok`, `.missing` or `.damaged`.
    let state: ImageDetail.BlobState
    /// What is wrong, as the end of a sentence that begins with the blob's name; empty if nothing is.
    let reason: String

    static let missing = BlobFinding(size: nil, state: .missing, reason: "is missing")

    /// The digests of nothing: only a blob that is called so may be empty (docs/layout.md#d3, #d7).
    static let emptyDigests: Set<String> = [
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    ]

    /// What chunk 0 of the blob's file means for it, and of a file of several chunks the length of the last one, if
    /// that was asked for.
    init(_ head: FileHead, last: LastChunk = .right, of digest: Digest) {
        size = head.sizeOrLength
        let isEmpty = BlobFinding.emptyDigests.contains(digest.string)
        switch head.state {
        case .empty where isEmpty:
            (state, reason) = (.damaged, "has no chunk, not even one of no bytes, so that no registry serves it")
        case .sound where head.sizeOrLength > 0 || isEmpty:
            switch last {
            case .right: (state, reason) = (.ok, "")
            case .missing: (state, reason) = (.damaged, "has lost its last chunk")
            case .short: (state, reason) = (.damaged, "has a last chunk that is too short")
            case .long: (state, reason) = (.damaged, "has a last chunk that is too long")
            }
        case .sound, .empty: (state, reason) = (.damaged, "has lost its content")
        case .missing: (state, reason) = (.damaged, "has lost its first chunk")
        case .badSize: (state, reason) = (.damaged, "does not say its size")
        case .short: (state, reason) = (.damaged, "has a first chunk that is too short")
        case .long: (state, reason) = (.damaged, "has a first chunk that is too long")
        }
    }

    init(size: UInt64?, state: ImageDetail.BlobState, reason: String) {
        self.size = size
        self.state = state
        self.reason = reason
    }
}

/// What a repository's directory of one manifest says.
struct RevisionFinding: Hashable, Sendable {
    /// The link that lets the repository serve the manifest.
    let link: LinkFinding
    /// The links to its signatures (schema 1), by digest.
    let signatures: [Digest: LinkFinding]

    /// False if the directory is empty or not there: what a deletion leaves behind is no revision.
    var isThere: Bool { link.state != .missing || !signatures.isEmpty }
}

/// A manifest, read once a pass.
struct ManifestFinding: Hashable, Sendable {
    /// What the store says of its blob.
    let blob: BlobFinding
    /// The manifest; nil if it cannot be read.
    let manifest: Manifest?
    /// Why not, as the end of a sentence that begins with the manifest's name; empty if it can.
    let reason: String
}
