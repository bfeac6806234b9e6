public import Foundation

/// A tag in a row, for `tags` and the second screen.
public struct TagSummary: Hashable, Sendable {
    /// The state of a tag's manifest: whether it can be served.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// The manifest, and everything that it needs, can be served, as far as that was looked at.
        case ok
        /// So it is, by its content; a blob has bytes of no use behind its end. Only
        /// `BlobInspector.judged` finds this.
        case waste
        /// A chunk of a blob is too long: only the content tells whether it can be pulled;
        /// `problems` names it.
        case suspect
        /// Something cannot be served; `problems` says why.
        case damaged
    }

    /// The tag.
    public let tag: String
    /// The manifest that the tag names; nil if its link cannot be read.
    public let digest: Digest?
    /// The manifest's media type; nil if the manifest cannot be read.
    public let mediaType: String?
    /// Bytes of every distinct blob that the manifest reaches, each once, itself included.
    public let size: UInt64
    /// The time at which the image was made, by its configuration (for an index, the time of its
    /// newest image); nil if it has none.
    public let created: Date?
    /// The last write to the tag's link; nil if it has no date.
    public let modified: Date?
    /// `os/architecture[/variant]` of the image, or of each image of an index, in the order of the
    /// index.
    public let platforms: [String]
    /// The state of the manifest.
    public let state: State
    /// The reasons why not, a sentence each.
    public let problems: [String]
    /// The kind; nil if the manifest cannot be read.
    public let kind: ArtifactKind?
    /// The relation to an image, if the tag is a companion; nil for an image.
    public let companion: Companion?
    /// The parts of the manifest: its configuration, the entries of an index to any depth, and
    /// their configurations.
    public let parts: [Digest]

    /// Creates a value from its parts.
    public init(
        tag: String, digest: Digest?, mediaType: String?, size: UInt64, created: Date?, modified: Date?,
        platforms: [String], state: State, problems: [String] = [], companion: Companion? = nil, parts: [Digest] = [],
        kind: ArtifactKind? = nil
    ) {
        self.tag = tag
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.created = created
        self.modified = modified
        self.platforms = platforms
        self.state = state
        self.problems = problems
        self.kind = kind
        self.companion = companion
        self.parts = parts
    }
}

extension TagSummary.State: Comparable {
    /// Orders states from sound to damaged.
    public static func < (left: TagSummary.State, right: TagSummary.State) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// Makes rows of tags. Each manifest is evaluated once, whatever the number of its tags.
struct TagRows {
    private let facts: RepositoryFacts
    private var images: [Digest: ImageFacts] = [:]

    init(facts: RepositoryFacts) {
        self.facts = facts
        for digest in facts.tags.values.compactMap(\.digest) where images[digest] == nil {
            images[digest] = ImageFacts(digest, in: facts)
        }
    }

    func rows(_ tags: [String]) -> [TagSummary] {
        tags.map(row)
    }

    func row(_ tag: String) -> TagSummary {
        let link = facts.tags[tag] ?? .missing
        let fault = facts.fault(ofTag: tag).map { [$0] } ?? []
        guard let digest = link.digest, let image = images[digest] else {
            return TagSummary(
                tag: tag, digest: nil, mediaType: nil, size: 0, created: nil, modified: link.modified, platforms: [],
                state: .damaged, problems: fault,
                companion: Companion(tag: tag, digest: nil, manifest: nil))
        }
        return TagSummary(
            tag: tag, digest: digest, mediaType: image.mediaType, size: image.size, created: image.created,
            modified: link.modified, platforms: image.platforms,
            state: fault.isEmpty ? image.state : .damaged, problems: fault + image.problems,
            companion: Companion(tag: tag, digest: digest, manifest: facts.manifests[digest]?.manifest),
            parts: image.parts, kind: image.kind)
    }
}

/// One manifest as a whole.
struct ImageFacts {
    let mediaType: String?
    let size: UInt64
    let problems: [String]
    /// Bytes of no use, a sentence for each blob.
    let notes: [String]
    let state: TagSummary.State
    /// The kind; nil if the manifest cannot be read.
    let kind: ArtifactKind?
    /// The parts of the manifest, as in `TagSummary.parts`.
    let parts: [Digest]
    /// The time at which the image was made; for an index, the time of its newest image.
    private(set) var created: Date?
    /// The first text in place of a date that is no date.
    private(set) var undated: String?
    /// The platforms, each once, in the order of the index.
    private(set) var platforms: [String] = []

    /// Evaluates the manifest `digest`. The facts must have been gathered with the scopes `.reach`
    /// and `.configurations`.
    init(_ digest: Digest, in facts: RepositoryFacts) {
        let closure = Closure(of: [digest], in: facts)
        mediaType = facts.manifests[digest]?.manifest?.mediaType
        kind = facts.manifests[digest]?.manifest.map { ArtifactKind($0) }
        size = closure.size
        problems = closure.problems.sentences
        notes = closure.notes.sentences
        state = closure.state
        parts = facts.parts(of: digest)
        // The images in the order of the indexes. The platform in an index takes precedence over
        // the configuration's.
        var traversal = ManifestTraversal<(digest: Digest, depth: Int, platform: String?)>()
        traversal.add((digest, 0, nil))
        while let (digest, depth, platform) = traversal.newest() {
            guard depth <= Manifest.nestingLimit, traversal.enters(digest) else { continue }
            guard let manifest = facts.manifests[digest]?.manifest else {
                add(platform)
                continue
            }
            if !manifest.isIndex { take(manifest, platform, facts) }
            for child in manifest.children.reversed() where !child.isAttestation {
                traversal.add((child.digest, depth + 1, child.platform))
            }
        }
    }

    private mutating func take(_ manifest: Manifest, _ platform: String?, _ facts: RepositoryFacts) {
        let configuration = manifest.config.flatMap { facts.configurations[facts.canonical($0.digest)] }
        // Attestations of builders are no images. They have this platform.
        guard platform != "unknown/unknown" else { return }
        add(platform ?? configuration?.platform ?? manifest.platform)
        if let made = configuration?.created ?? manifest.created { created = max(created ?? made, made) }
        undated = undated ?? configuration?.undated ?? manifest.undated
    }

    private mutating func add(_ platform: String?) {
        if let platform, platform != "unknown/unknown", !platforms.contains(platform) { platforms.append(platform) }
    }
}
