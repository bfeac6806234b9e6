import Amounts
public import Foundation

/// One manifest of one repository in full, for `show` and the screen of a manifest.
public struct ImageDetail: Hashable, Sendable {
    /// The state of a blob: whether it can be served.
    public enum BlobState: String, Hashable, Sendable {
        /// The blob is there and linked.
        case ok
        /// The blob is missing.
        case missing
        /// The blob is not in the pool, and need not be: the manifest names another source, or says
        /// that registries may not hold it.
        case elsewhere
        /// The blob is there, but the repository may not serve it: its layer link is missing.
        case unlinked
        /// The content is right, and there are bytes behind its end that are of no use. Only
        /// `BlobInspector.judged` finds this, since it reads the content.
        case waste
        /// The first or the last chunk is too long: only the content tells whether the blob can be
        /// pulled. `BlobInspector.judged` reads it.
        case suspect
        /// A chunk is missing or too short, the manifest cannot be read, or, for an entry of an
        /// index, something that it needs cannot be served.
        case damaged
    }

    /// A blob that the manifest names: the configuration or a layer.
    public struct Blob: Hashable, Sendable {
        /// The digest of the blob.
        public let digest: Digest
        /// The size in bytes, as the pool has it, whatever the manifest claims; 0 if the blob is
        /// missing.
        public let size: UInt64
        /// The media type; nil if the manifest has none.
        public let mediaType: String?
        /// The state of the blob.
        public let state: BlobState

        /// Creates a value from its parts.
        public init(digest: Digest, size: UInt64, mediaType: String?, state: BlobState) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
            self.state = state
        }
    }

    /// An entry of an index.
    public struct Child: Hashable, Sendable {
        /// The digest of the entry.
        public let digest: Digest
        /// The size in bytes of the manifest alone, as the pool has it, whatever the index claims;
        /// 0 if it is missing.
        public let size: UInt64
        /// The media type; nil if the index has none.
        public let mediaType: String?
        /// `os/architecture[/variant]`; nil if the index has none, and for attestations, which are
        /// for no platform.
        public let platform: String?
        /// The version of the operating system that the entry is for; hostile text. nil if the
        /// index has none.
        public let osVersion: String?
        /// The features of the operating system that the entry needs; hostile text.
        public let osFeatures: [String]
        /// The manifest that this entry attests; nil for other entries, and if the index does not
        /// name it.
        public let attested: Digest?
        /// The label that tells the entry from the others: its platform with the version, or
        /// `attestation of linux/amd64`. Hostile text; nil if the index says nothing.
        public let label: String?
        /// The state of the entry.
        public let state: BlobState
        /// The detail of the entry, if the caller asked for it. nil if the entry is no manifest,
        /// cannot be read, occurred before in the same index, or comes after `childLimit` others.
        public let image: ImageDetail?

        /// Creates a value from its parts.
        public init(
            digest: Digest, size: UInt64, mediaType: String?, platform: String?, osVersion: String? = nil,
            osFeatures: [String] = [], attested: Digest? = nil, label: String? = nil, state: BlobState,
            image: ImageDetail? = nil
        ) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
            self.platform = platform
            self.osVersion = osVersion
            self.osFeatures = osFeatures
            self.attested = attested
            self.label = label
            self.state = state
            self.image = image
        }
    }

    /// The repository.
    public var name: RepositoryName
    /// The tag that the caller named; nil if the caller named a digest.
    public var tag: String?
    /// The manifest's digest; nil if the tag's link cannot be read.
    public var digest: Digest?
    /// The manifest's media type; nil if it cannot be read.
    public var mediaType: String?
    /// The size of the manifest alone, in bytes; nil if it is missing.
    public var manifestSize: UInt64?
    /// Bytes of every distinct blob that the manifest reaches, each once, itself included.
    public var size: UInt64
    /// The image's configuration; nil for an index and for schema 1.
    public var config: Blob?
    /// The layers, lowest first, a digest as often as the manifest names it.
    public var layers: [Blob]
    /// The entries of an index.
    public var manifests: [Child]
    /// The digests of the signature blobs (schema 1).
    public var signatures: [Digest]
    /// The kind; nil if the manifest cannot be read.
    public var kind: ArtifactKind?
    /// The time at which the image was made, by its configuration; for an index, the time of its
    /// newest image. nil if there is no possible date.
    public var created: Date?
    /// The text in place of the date if there is no date; hostile, at most 100 characters.
    public var undated: String?
    /// `os/architecture[/variant]` by the configuration; for an index, of each of its images, in
    /// its order.
    public var platforms: [String]
    /// The relation to the manifest that this one names as its `subject` (OCI); nil for an image.
    public var companion: Companion?
    /// The state of everything that the manifest reaches.
    public var state: TagSummary.State
    /// The reasons why not, a sentence each.
    public var problems: [String]
    /// Oddities that are no damage, a sentence each: wrong sizes, for example.
    public var notes: [String]

    /// Creates a detail with only the place of an image.
    public init(name: RepositoryName, tag: String?, digest: Digest?) {
        self.name = name
        self.tag = tag
        self.digest = digest
        size = 0
        layers = []
        manifests = []
        signatures = []
        platforms = []
        state = .ok
        problems = []
        notes = []
    }

    /// The state of the manifest alone, whatever the state of the blobs that it names.
    public var manifestState: BlobState { manifestSize == nil ? .missing : kind == nil ? .damaged : .ok }

    /// The number of entries of indexes that are shown in detail.
    public static let childLimit = 256

    /// The image, and the images that it consists of, as far as they have details.
    public var withChildren: [ImageDetail] { [self] + manifests.flatMap { $0.image?.withChildren ?? [] } }
}

extension ImageDetail {
    /// The detail of a manifest that a tag or a digest names.
    ///
    /// - Parameters:
    ///   - facts: gathered with the scopes `.reach` and `.configurations`.
    ///   - expanding: whether the entries of an index have details, too.
    init(name: RepositoryName, tag: String?, digest: Digest?, facts: RepositoryFacts, expanding: Bool = false) {
        // Indexes may name the same manifest many times, and damaged ones may name themselves.
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
        let fault = tag.flatMap(facts.fault)
        problems = (fault.map { [$0] } ?? []) + image.problems
        state = fault == nil ? image.state : .damaged
        signatures = facts.revisions[digest]?.signatures.keys.sorted() ?? []
        guard let manifest = facts.manifests[digest]?.manifest else { return }
        companion = Companion(tag: nil, digest: digest, manifest: manifest)
        config = manifest.config.map { Blob($0, in: facts) }
        layers = manifest.layers.map { Blob($0, in: facts) }
        notes = image.notes + facts.notes(on: manifest)
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

extension ImageDetail.BlobState {
    /// The state of an entry whose image is in this state.
    fileprivate init(_ image: TagSummary.State) {
        switch image {
        case .ok: self = .ok
        case .waste: self = .waste
        case .suspect: self = .suspect
        case .damaged: self = .damaged
        }
    }
}

extension RepositoryFacts {
    /// Oddities of a manifest that are no damage: claims of sizes that are wrong, and reasons why
    /// readers may disagree.
    fileprivate func notes(on manifest: Manifest) -> [String] {
        var notes = Problems()
        for reference in manifest.claims {
            let size = manifests[reference.digest]?.blob.size ?? blob(reference.digest).size
            guard let size, let lie = reference.lie(about: size) else { continue }
            notes.add(
                "The manifest \(lie) \(reference.digest), which has \(AmountText.count(size)) bytes; the pool's size counts."
            )
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
    /// The labels of the entries of an index, by digest.
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
        return ImageDetail.BlobState(Closure(of: [reference.digest], in: facts).state)
    }
}
