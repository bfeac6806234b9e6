/// What was read of one repository and of what it reaches. Made by `RepositoryInquiry`; what it means is said by `Closure`.
struct RepositoryFacts: Sendable {
    /// The names of the tags, if they were asked for; nil if there is no directory of tags.
    var tagNames: [String]?
    /// The current links, by tag.
    var tags: [String: LinkFinding] = [:]
    /// The digests with a revision directory, if they were asked for; nil if there is no directory of revisions.
    var listedRevisions: [Digest]?
    /// What the revision directories say; also of index children and of what tags name.
    var revisions: [Digest: RevisionFinding] = [:]
    /// The identifiers of the uploads, if they were asked for; nil if there is no directory of uploads.
    var uploads: [String]?
    /// The manifests.
    var manifests: [Digest: ManifestFinding] = [:]
    /// The blobs: configurations, layers, signatures.
    var blobs: [Digest: BlobFinding] = [:]
    /// The repository's links to them; also by the other digests that its manifests name them by.
    var layerLinks: [Digest: LinkFinding] = [:]
    /// The configurations, if they were asked for; without those that cannot be read.
    var configurations: [Digest: ImageConfiguration] = [:]

    /// The manifests that the repository holds: those with a revision link (whatever it says), sorted.
    var heldRevisions: [Digest] {
        (listedRevisions ?? []).filter { revisions[$0]?.isThere ?? false }
    }

    /// What is wrong with the link that says what a tag names, in a sentence; nil if nothing is.
    func fault(ofTag tag: String) -> String? {
        (tags[tag] ?? .missing).fault().map { "The link of the tag \(tag) \($0)." }
    }

    /// The digest below which the blob lies that a manifest names by `digest`, as the repository's link says it.
    func canonical(_ digest: Digest) -> Digest {
        digest.isCanonical ? digest : layerLinks[digest]?.digest ?? digest
    }

    /// What the store says of a blob that a manifest names.
    func blob(_ digest: Digest) -> BlobFinding { blobs[canonical(digest)] ?? .missing }

    /// Whether a configuration or layer can be served. `reason` ends a sentence that begins with its name.
    func verdict(on reference: Manifest.Reference) -> (state: ImageDetail.BlobState, reason: String) {
        let blob = blob(reference.digest)
        if reference.isForeign, blob.state == .missing { return (.elsewhere, "") }
        guard blob.state == .ok else { return (blob.state, blob.reason) }
        if let fault = (layerLinks[reference.digest] ?? .missing).fault(expecting: reference.digest),
            !reference.isForeign
        {
            return (.unlinked, fault == "is missing" ? "is not linked in this repository" : "has a link that \(fault)")
        }
        return (.ok, "")
    }
}
