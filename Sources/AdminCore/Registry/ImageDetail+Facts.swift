extension ImageDetail {
    /// The manifest that a tag or a digest names, as the facts have it; they must have been gathered with the scopes `.reach` and
    /// `.configurations`.
    /// `expanding`: what an index names is looked into as well.
    init(name: RepositoryName, tag: String?, digest: Digest?, facts: RepositoryFacts, expanding: Bool = false) {
        // Indexes over indexes may name the same again and again; damaged ones, themselves.
        var expansion = ManifestTraversal<Never>(limit: expanding ? 1 + ImageDetail.childLimit : 1)
        if let digest { _ = expansion.enters(digest) }
        self.init(name: name, tag: tag, digest: digest, facts: facts, &expansion)
    }

    private init(
        name: RepositoryName, tag: String?, digest: Digest?, facts: RepositoryFacts,
        _ expansion: inout ManifestTraversal<Never>
    ) {
        self.init(name: name, tag: tag, digest: digest)
        guard let digest else {
            state = .damaged
            problems = tag.flatMap(facts.fault).map { [$0] } ?? []
            return
        }
        let image = ImageFacts(digest, in: facts)
        manifestSize = facts.manifests[digest]?.blob.size
        mediaType = image.mediaType
        size = image.size
        created = image.created
        undated = image.created == nil ? image.undated : nil
        kind = image.kind
        platforms = image.platforms
        problems = (tag.flatMap(facts.fault).map { [$0] } ?? []) + image.problems
        state = problems.isEmpty ? .ok : .damaged
        signatures = facts.revisions[digest]?.signatures.keys.sorted() ?? []
        guard let manifest = facts.manifests[digest]?.manifest else { return }
        companion = Companion(tag: nil, digest: digest, manifest: manifest)
        config = manifest.config.map { Blob($0, in: facts) }
        layers = manifest.layers.map { Blob($0, in: facts) }
        notes = facts.notes(on: manifest)
        let labels = ImageDetail.Child.labels(manifest)
        for reference in manifest.manifests {
            let isKnown = reference.namesManifest && facts.manifests[reference.digest]?.manifest != nil
            let child =
                isKnown && expansion.enters(reference.digest)
                ? ImageDetail(name: name, tag: nil, digest: reference.digest, facts: facts, &expansion) : nil
            manifests.append(Child(reference, child, labels, in: facts))
        }
    }
}

extension RepositoryFacts {
    /// What is odd about a manifest and no damage: sizes that are not the pool's, and what readers may disagree on.
    fileprivate func notes(on manifest: Manifest) -> [String] {
        var notes = Problems()
        for reference in manifest.claims {
            let size = manifests[reference.digest]?.blob.size ?? blob(reference.digest).size
            guard let size, let lie = reference.lie(about: size) else { continue }
            notes.add("The manifest \(lie) \(reference.digest), which has \(size) bytes; the pool's size counts.")
        }
        for ambiguity in manifest.ambiguities { notes.add("The manifest \(ambiguity).") }
        return notes.sentences
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
    /// What tells the images of an index apart, by their digests.
    fileprivate static func labels(_ manifest: Manifest) -> [Digest: String] {
        manifest.manifests.reduce(into: [:]) { labels, reference in
            if labels[reference.digest] == nil { labels[reference.digest] = label(reference) }
        }
    }

    private static func label(_ reference: Manifest.Reference) -> String? {
        let parts = [reference.platform, reference.osVersion].compactMap(\.self) + reference.osFeatures
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    fileprivate init(
        _ reference: Manifest.Reference, _ image: ImageDetail?, _ labels: [Digest: String], in facts: RepositoryFacts
    ) {
        let manifest = facts.manifests[reference.digest]?.manifest
        let isAttestation =
            reference.isAttestation
            || reference.platform == "unknown/unknown" && manifest.map { ArtifactKind($0) } == .attestation
        let attested = reference.attested
        let subject = attested.map { labels[$0] ?? $0.string }
        self.init(
            digest: reference.digest,
            size: facts.manifests[reference.digest]?.blob.size ?? facts.blob(reference.digest).size ?? 0,
            mediaType: reference.mediaType, platform: isAttestation ? nil : reference.platform,
            osVersion: reference.osVersion, osFeatures: reference.osFeatures, attested: attested,
            label: isAttestation ? "attestation" + (subject.map { " of \($0)" } ?? "") : Self.label(reference),
            state: ImageDetail.Child.state(of: reference, in: facts), image: image)
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
