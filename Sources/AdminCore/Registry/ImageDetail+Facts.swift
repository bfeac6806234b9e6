extension ImageDetail {
    /// The manifest that a tag or a digest names, as the facts have it; they must have been gathered with the scopes `.reach` and
    /// `.configurations`.
    /// `expanding`: what an index names is looked into as well.
    init(name: RepositoryName, tag: String?, digest: Digest?, facts: RepositoryFacts, expanding: Bool = false) {
        var expansion = Expansion(left: expanding ? ImageDetail.childLimit : 0)
        self.init(name: name, tag: tag, digest: digest, facts: facts, &expansion)
    }

    /// Indexes over indexes may name the same again and again; damaged ones, themselves.
    private struct Expansion {
        /// What was shown with its parts already.
        var met: Set<Digest> = []
        /// How many more are looked into.
        var left: Int

        mutating func takes(_ digest: Digest) -> Bool {
            guard left > 0, met.insert(digest).inserted else { return false }
            left -= 1
            return true
        }
    }

    private init(
        name: RepositoryName, tag: String?, digest: Digest?, facts: RepositoryFacts, _ expansion: inout Expansion
    ) {
        self.init(name: name, tag: tag, digest: digest)
        guard let digest else {
            state = .damaged
            let fault = tag.flatMap { facts.tags[$0]?.fault() } ?? "is missing"
            problems = ["The link of the tag \(tag ?? "") \(fault)."]
            return
        }
        expansion.met.insert(digest)
        let image = ImageFacts(digest, in: facts)
        manifestSize = facts.manifests[digest]?.blob.size
        mediaType = image.mediaType
        size = image.size
        created = image.created
        platforms = image.platforms
        problems = image.problems
        state = problems.isEmpty ? .ok : .damaged
        signatures = facts.revisions[digest]?.signatures.keys.sorted() ?? []
        guard let manifest = facts.manifests[digest]?.manifest else { return }
        companion = Companion(tag: nil, digest: digest, manifest: manifest)
        config = manifest.config.map { Blob($0, in: facts) }
        layers = manifest.layers.map { Blob($0, in: facts) }
        for reference in manifest.manifests {
            let isKnown = reference.namesManifest && facts.manifests[reference.digest]?.manifest != nil
            let child =
                isKnown && expansion.takes(reference.digest)
                ? ImageDetail(name: name, tag: nil, digest: reference.digest, facts: facts, &expansion) : nil
            manifests.append(Child(reference, child, in: facts))
        }
    }
}

extension ImageDetail.Blob {
    fileprivate init(_ reference: Manifest.Reference, in facts: RepositoryFacts) {
        self.init(
            digest: reference.digest, size: facts.blob(reference.digest).size ?? 0,
            mediaType: reference.mediaType, state: facts.verdict(on: reference).state)
    }
}

extension ImageDetail.Child {
    fileprivate init(_ reference: Manifest.Reference, _ image: ImageDetail?, in facts: RepositoryFacts) {
        self.init(
            digest: reference.digest, size: reference.size ?? 0, mediaType: reference.mediaType,
            platform: reference.platform, state: ImageDetail.Child.state(of: reference, in: facts), image: image)
    }

    private static func state(of reference: Manifest.Reference, in facts: RepositoryFacts) -> ImageDetail.BlobState {
        guard reference.namesManifest else { return facts.verdict(on: reference).state }
        let finding = facts.manifests[reference.digest]
        if (finding?.blob ?? .missing).state == .missing { return .missing }
        if finding?.manifest == nil { return .damaged }
        let link = facts.revisions[reference.digest]?.link ?? .missing
        if link.fault(expecting: reference.digest) != nil { return .unlinked }
        return Closure(of: [reference.digest], in: facts).problems.isEmpty ? .ok : .damaged
    }
}
