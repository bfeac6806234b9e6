import Registry

/// A tag to which a move or a copy gives another manifest.
struct ReplacedTag: Hashable, Sendable {
    /// The manifest that it names.
    let digest: Digest
    /// The manifest that it gets.
    let replacement: Digest

    /// The end of a name in the log, so that the log says what the tag named.
    var logText: String { ", which named \(digest) and names \(replacement)" }

    /// Notes for a plan.
    ///
    /// - Parameters:
    ///   - digest: The manifest that the tag names; nil if its link cannot be read.
    ///   - replacement: The manifest that it gets; nil if that link cannot be read.
    static func notes(_ reference: ImageReference, _ digest: Digest?, by replacement: Digest?) -> [String] {
        if let digest, digest == replacement {
            return ["\(reference) names \(digest) already; only its link is replaced"]
        }
        return [
            "\(reference) names \(digest?.string ?? "a manifest that cannot be read") now, and "
                + "\(replacement?.string ?? "a manifest that cannot be read") afterwards",
            "the replaced tag goes to the trash; its manifest stays, maybe without a tag",
        ]
    }
}
