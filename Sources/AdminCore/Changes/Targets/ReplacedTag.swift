import Registry

/// A tag to which a move or a copy gives another manifest.
struct ReplacedTag: Hashable, Sendable {
    /// The manifest that it names.
    let digest: Digest
    /// The manifest that it gets.
    let replacement: Digest

    /// The end of a name in the log, so that the log says what the tag named.
    var logText: String { ", which named \(digest) and names \(replacement)" }

    /// A note for a plan.
    ///
    /// - Parameter digest: The manifest that the tag names; nil if its link cannot be read.
    static func note(_ reference: ImageReference, _ digest: Digest?) -> String {
        let manifest = digest.map { "the manifest \($0)" } ?? "the manifest that it names"
        return "\(reference) exists and is replaced; \(manifest) stays, maybe without a tag"
    }
}
