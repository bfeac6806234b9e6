import Foundation

/// Makes rows of tags. What a digest means is thought through once, however many tags name it.
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
            state: (fault + image.problems).isEmpty ? .ok : .damaged, problems: fault + image.problems,
            companion: Companion(tag: tag, digest: digest, manifest: facts.manifests[digest]?.manifest),
            parts: image.parts, kind: image.kind)
    }
}

/// What the facts say of one manifest as a whole.
struct ImageFacts {
    let mediaType: String?
    let size: UInt64
    let problems: [String]
    /// What it is; nil if the manifest cannot be read.
    let kind: ArtifactKind?
    /// See `TagSummary.parts`.
    let parts: [Digest]
    /// When the image was made; of an index, the newest of its images.
    private(set) var created: Date?
    /// The first text that stands in the place of a date and is none.
    private(set) var undated: String?
    /// For what machines, each once, in the order of the index.
    private(set) var platforms: [String] = []

    /// The manifest `digest`; the facts must have been gathered with the scopes `.reach` and `.configurations`.
    init(_ digest: Digest, in facts: RepositoryFacts) {
        let closure = Closure(of: [digest], in: facts)
        mediaType = facts.manifests[digest]?.manifest?.mediaType
        kind = facts.manifests[digest]?.manifest.map { ArtifactKind($0) }
        size = closure.size
        problems = closure.problems.sentences
        parts = facts.parts(of: digest)
        // In the order of the indexes. The platform that an index says of a manifest goes before the configuration's.
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
        // Attestations of builders are no images; they say so by this platform.
        guard platform != "unknown/unknown" else { return }
        add(platform ?? configuration?.platform ?? manifest.platform)
        if let made = configuration?.created ?? manifest.created { created = max(created ?? made, made) }
        undated = undated ?? configuration?.undated ?? manifest.undated
    }

    private mutating func add(_ platform: String?) {
        if let platform, platform != "unknown/unknown", !platforms.contains(platform) { platforms.append(platform) }
    }
}
