/// Who is told of what a sweep meets. Called from many tasks at once, and often: to be quick.
protocol SweepVisitor: Sendable {
    /// A link of a repository was read, whatever it says.
    func met(_ link: SweepLink, in repository: Int)

    /// A repository reaches a blob by this way; the same blob may be reached by many. True if the
    /// sweep is to look it up, and to tell `found` of it. (A manifest is read in any case, and told
    /// of.)
    func reached(_ edge: SweepEdge, in repository: Int) -> Bool

    /// What the store says of a blob. Of a manifest, once for each repository.
    func found(_ finding: BlobFinding, of digest: Digest)

    /// Something is not as it should be.
    func met(_ problem: SweepProblem, in repository: Int)

    /// All of a repository has been told.
    func finished(_ repository: Int)
}

/// A link that a repository has.
struct SweepLink: Hashable, Sendable {
    /// Which of a repository's links.
    enum Kind: Hashable, Sendable {
        /// What a tag names now.
        case tag(String)
        /// A manifest.
        case revision(Digest)
        /// A signature of a manifest (schema 1).
        case signature(Digest, of: Digest)
        /// What a tag named once (`SweepScope.history`).
        case history(Digest, tag: String)
        /// A blob that the repository may serve (`SweepScope.layerLinks`).
        case layer(Digest)
    }

    /// Which.
    let kind: Kind
    /// What it says.
    let finding: LinkFinding
}

/// A way to a blob.
struct SweepEdge: Hashable, Sendable {
    /// The blob, by the digest below which it lies.
    let digest: Digest
    /// The part of the blob in what names it.
    let kind: Manifest.Edge.Kind
    /// The manifest that names it; nil if it is a tag or a revision link.
    let parent: Digest?
}

/// What is wrong, met by a sweep.
enum SweepProblem: Hashable, Sendable {
    /// A link is missing, or says no digest, or another one; the text ends a sentence that begins
    /// with the link's name.
    case link(SweepLink.Kind, String)
    /// A manifest cannot be read; the text ends a sentence that begins with its name. What it needs
    /// is not known.
    case manifest(Digest, String)
    /// A manifest lies deeper in indexes than is followed. What it needs is not known.
    case tooDeep(Digest)
    /// A blob is missing or damaged.
    case blob(Digest, BlobFinding)
}

/// What a sweep reads besides tags, revisions and what they reach.
struct SweepScope: OptionSet, Sendable {
    let rawValue: Int
    /// The links to what tags named once.
    static let history = SweepScope(rawValue: 1)
    /// The links to the blobs that a repository may serve.
    static let layerLinks = SweepScope(rawValue: 2)
    /// The subjects of manifests (OCI), followed as if they were needed; that one is not there is
    /// no problem.
    static let subjects = SweepScope(rawValue: 4)
}
