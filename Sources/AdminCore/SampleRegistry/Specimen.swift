/// One damage of docs/layout.md#defects in the sample, in a repository of its own. (#d12 and #d13 leave no trace.)
public enum Specimen: String, Hashable, Sendable, CaseIterable {
    /// docs/layout.md#d1: a layer of 9,000,000 bytes that was sent as 3,000,000 + 6,000,000. Repairable: no byte is
    /// lost.
    case resumedUpload = "resumed-upload"
    /// docs/layout.md#d2: a layer that was written with a gap, which was filled with far too many zeros. It reads
    /// right.
    case zeroFilled = "zero-filled"
    /// docs/layout.md#d3: an empty layer: a reference without any chunk. It is what it should be, and the old
    /// registry cannot serve it.
    case emptyLayer = "empty-layer"
    /// docs/layout.md#d4: a layer's file that held something longer before: its old tail and a surplus chunk are
    /// still there.
    case overwrittenShorter = "overwritten-shorter"
    /// docs/layout.md#d5: a layer that two clients pushed at once: the chunks of the first are orphans. Everything
    /// can be pulled.
    case pushedTwice = "pushed-twice"
    /// docs/layout.md#d6: a layer that is still named by its upload, too: the registry's own purge would delete it.
    case halfMoved = "half-moved"
    /// docs/layout.md#d7: a layer whose deletion stopped after chunk 0.
    case halfDeleted = "half-deleted"
    /// docs/layout.md#d8: a tag's directory that was renamed in its parent only: `stable` is empty, and `rc1`, which
    /// holds its links, is hidden.
    case movedDirectory = "moved-directory"
    /// docs/layout.md#d9: the tag `v1`, which its parent does not list; `_uploads`, which is listed and has no
    /// object; and the empty directory `old`.
    case unlistedDirectory = "unlisted-directory"
    /// docs/layout.md#d10: a tag's link below which something was written.
    case writtenBelowFile = "written-below-file"
    /// docs/layout.md#d11: a tag called `..`.
    case dotDotName = "dot-dot-name"
    /// docs/layout.md#d14: a layer of two chunks the first of which ends early.
    case shortChunk = "short-chunk"

    /// The repository that holds it, and nothing else.
    public var repository: String { "damaged/\(rawValue)" }

    /// The number of the defect, as in docs/layout.md.
    public var defect: String {
        switch self {
        case .resumedUpload: "D1"
        case .zeroFilled: "D2"
        case .emptyLayer: "D3"
        case .overwrittenShorter: "D4"
        case .pushedTwice: "D5"
        case .halfMoved: "D6"
        case .halfDeleted: "D7"
        case .movedDirectory: "D8"
        case .unlistedDirectory: "D9"
        case .writtenBelowFile: "D10"
        case .dotDotName: "D11"
        case .shortChunk: "D14"
        }
    }
}

extension Set<Specimen> {
    /// One of each.
    public static var all: Set<Specimen> { Set(Specimen.allCases) }
}
