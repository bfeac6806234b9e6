/// Receives everything that a sweep finds. The methods are called often, from many tasks at once,
/// and must be quick.
package protocol SweepVisitor: Sendable {
    /// A link of a repository was read, whatever its content.
    func met(_ link: SweepLink, in repository: Int)

    /// A repository reaches a blob through this edge; other edges may lead to the same blob.
    /// Returns whether the sweep is to read the blob, and to call `found`. (Manifests are always
    /// read.)
    func reached(_ edge: SweepEdge, in repository: Int) -> Bool

    /// A blob was read; a manifest, once for each repository.
    func found(_ finding: BlobFinding, of digest: Digest)

    /// A fault was found.
    func met(_ problem: SweepProblem, in repository: Int)

    /// A repository is complete.
    func finished(_ repository: Int)
}

/// A link of a repository.
package struct SweepLink: Hashable, Sendable {
    /// The role of a link in its repository.
    package enum Kind: Hashable, Sendable {
        /// The current link of a tag.
        case tag(String)
        /// The link to a manifest.
        case revision(Digest)
        /// The link to a signature of a manifest (schema 1).
        case signature(Digest, of: Digest)
        /// A link to a manifest that a tag has named (`SweepScope.history`).
        case history(Digest, tag: String)
        /// The link to a blob that the repository may serve (`SweepScope.layerLinks`).
        case layer(Digest)
    }

    /// The role of the link in its repository.
    package let kind: Kind
    /// The content of the link.
    package let finding: LinkFinding
}

/// A reference to a blob.
package struct SweepEdge: Hashable, Sendable {
    /// The blob, by the digest in its path.
    package let digest: Digest
    /// The role of the blob for its parent.
    package let kind: Manifest.Edge.Kind
    /// The manifest that names the blob; nil if a tag or a revision link does.
    package let parent: Digest?
}

/// A fault that a sweep found.
package enum SweepProblem: Hashable, Sendable {
    /// A link is missing, holds no digest, or another one. The text ends a sentence that begins
    /// with the link's name.
    case link(SweepLink.Kind, String)
    /// A manifest cannot be read, so its needs are unknown. The text ends a sentence that begins
    /// with the manifest's name.
    case manifest(Digest, String)
    /// A manifest is nested too deeply in indexes to be followed, so its needs are unknown.
    case tooDeep(Digest)
    /// A blob is missing or damaged.
    case blob(Digest, BlobFinding)
}

/// The things that a sweep reads beside tags, revisions and everything that they reach.
package struct SweepScope: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }
    /// The links to manifests that tags have named.
    static let history = SweepScope(rawValue: 1)
    /// The links to the blobs that a repository may serve.
    package static let layerLinks = SweepScope(rawValue: 2)
    /// The subjects of manifests (OCI), followed as if they were needed. A missing one is no
    /// problem.
    static let subjects = SweepScope(rawValue: 4)
}
