public import Foundation

/// A repository in a row, for `repos` and the first screen.
public struct RepositorySummary: Hashable, Sendable {
    /// The state of a repository, in one word.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// The repository has tags, and everything that they name can be served.
        case ok
        /// The repository has no tag.
        case untagged
        /// The repository has unfinished uploads and nothing else.
        case uploadsOnly = "uploads-only"
        /// A chunk of a blob is too long: only the content tells whether the blob can be pulled.
        /// The console reads it (`BlobInspector.judged`); commands call this damaged.
        case suspect
        /// A manifest does not parse, a link is missing, a tag's link is wrong, or the first or the
        /// last chunk of a blob is missing or too short. (`fsck` reads the content of all links.)
        case damaged
    }

    /// The name.
    public let name: RepositoryName
    /// The number of tags.
    public let tags: Int
    /// The number of manifests.
    public let revisions: Int
    /// The number of unfinished uploads.
    public let uploads: Int
    /// Bytes of every distinct blob that the revisions reach, each once; for damaged blobs, the
    /// known part.
    public let size: UInt64
    /// The last write to a link: of a tag, or of a manifest that no tag reaches; of any layer, if
    /// there are no manifests. (A push writes the link of the tag last.) For a repository without
    /// links, the start of its newest upload. nil if nothing has a date.
    public let modified: Date?
    /// The state.
    public let state: State
    /// The reasons for the damage, a sentence each.
    public let problems: [String]
    /// The number of layer links of a repository without tags and manifests. 0 for other
    /// repositories, whose links are not read.
    public let unneededLinks: Int

    /// Creates a value from its parts.
    public init(
        name: RepositoryName, tags: Int, revisions: Int, uploads: Int, size: UInt64,
        modified: Date?, state: State, problems: [String] = [], unneededLinks: Int = 0
    ) {
        self.name = name
        self.tags = tags
        self.revisions = revisions
        self.uploads = uploads
        self.size = size
        self.modified = modified
        self.state = state
        self.problems = problems
        self.unneededLinks = unneededLinks
    }
}

extension RepositorySummary {
    /// The row of a repository. `layerLinks` and `uploads` are those of a repository without tags
    /// and revisions.
    init(
        name: RepositoryName, facts: RepositoryFacts, layerLinks: [Digest: LinkFinding] = [:],
        uploads: [UploadSummary] = []
    ) {
        let revisions = facts.heldRevisions
        var problems = Problems()
        for sentence in facts.tags.keys.sorted().compactMap(facts.fault) { problems.add(sentence) }
        let closure = facts.closure
        let isDamaged = !problems.isEmpty || closure.state == .damaged
        for sentence in closure.problems.sentences { problems.add(sentence) }

        let tags = facts.tagNames ?? []
        let isBare = tags.isEmpty && revisions.isEmpty && layerLinks.isEmpty
        let state: RepositorySummary.State =
            if isDamaged {
                .damaged
            } else if closure.state == .suspect {
                .suspect
            } else if isBare, !(facts.uploads ?? []).isEmpty {
                .uploadsOnly
            } else if tags.isEmpty {
                .untagged
            } else {
                .ok
            }
        let links =
            Array(facts.tags.values) + facts.revisions.values.map(\.link) + Array(facts.layerLinks.values)
            + Array(layerLinks.values)
        self.init(
            name: name, tags: tags.count, revisions: revisions.count, uploads: facts.uploads?.count ?? 0,
            size: closure.size, modified: links.compactMap(\.modified).max() ?? uploads.compactMap(\.lastKnown).max(),
            state: state, problems: problems.sentences, unneededLinks: layerLinks.count)
    }
}
